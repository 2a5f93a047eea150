import EventContract
import Testing
import ZitadelClient

@testable import Bridge

@Suite("Paging through the events search")
struct PollPagingTests {
    private static let past = PollHarness.start - 86_400 * PollHarness.second

    @Test("A page that ends inside a transaction loses nothing, and repeats nothing", arguments: [3, 4, 5, 7, 1000])
    func equalTimesAcrossPages(_ pageSize: Int) async throws {
        var events = users(20, from: Self.past, step: 10)
        for index in [4, 5, 6, 11, 12] { events[index].at = events[index - 1].at }
        let harness = PollHarness(events)
        let report = try await harness.poll(pageSize: pageSize)
        #expect(report.failure == nil)
        #expect(harness.publisher.published.sorted() == events.map(\.id).sorted())
        #expect(report.gaps.isEmpty)
    }

    @Test("Everything at one moment is read by type and from both ends, up to twice a page of each type")
    func oneMoment() async throws {
        let types = ["user.human.added", "user.locked", "user.removed", "user.grant.added"]
        let bulk = types.flatMap { type in
            (0..<19).map { index in
                StoredEvent(
                    aggregateType: type.contains("grant") ? "usergrant" : "user", aggregate: "\(type)\(index)",
                    type: type, at: Self.past, payload: #"{"userId":"1","projectId":"2"}"#)
            }
        }
        let after = users(30, from: Self.past + 1, step: 1)
        let harness = PollHarness(users(5, from: Self.past - 5, step: 1, prefix: "b") + bulk + after)
        let report = try await harness.poll(pageSize: 10)
        #expect(report.failure == nil && report.gaps.isEmpty)
        #expect(harness.publisher.ids.count == 5 + 76 + 30)
        #expect(harness.publisher.published.count == 111)
    }

    @Test("More than that is a gap: named, the cursor of that type stays before it, the pass goes on behind it")
    func gap() async throws {
        let moment = PollHarness.start - 3600 * PollHarness.second
        let bulk = (0..<21).map { StoredEvent(aggregate: "x\($0)", type: "user.locked", at: moment) }
        let harness = PollHarness(bulk + users(5, from: moment + 1, step: 1))
        let report = try await harness.poll(pageSize: 10)
        #expect(report.failure == nil)
        #expect(report.gaps == [PollGap(time: time(moment), type: "user.locked")])
        #expect(harness.publisher.ids.isSuperset(of: (0..<5).map { "user/u\($0)/1" }))
        #expect(report.cursor.times["user.locked"] == time(moment - 1))
        #expect(report.cursor.times["user.removed"] == time(harness.now - harness.overlap - PollHarness.second))
    }

    @Test("A gap in old history does not make every poll read from there")
    func oldGap() async throws {
        let moment = PollHarness.start - 400_000 * PollHarness.second
        let harness = PollHarness((0..<21).map { StoredEvent(aggregate: "x\($0)", type: "user.locked", at: moment) })
        let report = try await harness.poll(pageSize: 10)
        #expect(report.gapCount == 1)
        #expect(report.cursor.times["user.locked"] == report.cursor.times["user.removed"])
    }

    @Test("Answers that are too large are asked for again by halves, and whole pages come back afterwards")
    func tooLarge() async throws {
        var events = users(60, from: Self.past, step: 3)
        for index in 20..<24 { events[index].payload = #"{"userName":"\#(String(repeating: "a", count: 3000))"}"# }
        let harness = PollHarness(events)
        harness.zitadel.change { $0.answerBytesMax = 6000 }
        let report = try await harness.poll(pageSize: 12)
        #expect(report.failure == nil)
        #expect(harness.publisher.ids == Set(events.map(\.id)))
        let limits = harness.zitadel.questions.map(\.limit)
        #expect(limits.contains(1) && limits.last == 12)
    }

    @Test("An event that no answer can hold fails the poll, and the cursor stays before it")
    func neverFits() async throws {
        var events = users(10, from: Self.past, step: 3)
        events[5].payload = #"{"userName":"\#(String(repeating: "a", count: 9000))"}"#
        let harness = PollHarness(events)
        harness.zitadel.change { $0.answerBytesMax = 4000 }
        let report = try await harness.poll(pageSize: 4)
        guard case .zitadel(let error) = report.failure else { throw report.failure ?? .cancelled }
        #expect(error.kind == .tooLarge)
        #expect((report.cursor.times["user.human.added"] ?? .epoch) < time(events[5].at))
    }

    @Test("What is no event is counted, and does not stop the paging")
    func malformed() async throws {
        var events = users(20, from: Self.past, step: 3)
        events[3].raw = #"{"sequence":"x"}"#
        events[4].raw = #"{"creationDate":"\#(time(events[4].at))"}"#
        events[7].raw = "{}"
        let harness = PollHarness(events)
        let report = try await harness.poll(pageSize: 4)
        #expect(report.failure == nil)
        #expect(harness.publisher.ids.count == 17)
        #expect(report.malformed >= 3)
    }

    @Test("An answer with events outside the asked times fails the poll instead of going in circles")
    func misbehaving() throws {
        let pass = PollPass(types: PollPlan.groups[0], from: time(100))
        var reader = PassReader(pass, limit: 1)
        let old = StoredEvent(aggregate: "a", type: "user.locked", at: 100)
        let page = try EventSearchPage(Array(#"{"events":[\#(old.item)]}"#.utf8))
        #expect(throws: PassReader.Misbehaviour.outsideWindow) { _ = try reader.received(page) }
    }
}
