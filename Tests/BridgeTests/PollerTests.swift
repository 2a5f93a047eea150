import EventContract
import KafkaClient
import Synchronization
import Testing
import ZitadelClient

@testable import Bridge

@Suite("A poll")
struct PollerTests {
    private static let second = PollHarness.second
    private static let past = PollHarness.start - 86_400 * second

    @Test("An idle poll asks the same three questions, however long the history is")
    func idleCost() async throws {
        let harness = PollHarness(users(5000, from: Self.past, step: 7))
        try await harness.poll()
        for _ in 0..<3 {
            harness.move(by: 300 * Self.second)
            let report = try await harness.poll()
            #expect(report.failure == nil)
            #expect(report.questions == 3 && report.eventsRead == 0)
        }
    }

    @Test("After new events a poll reads them and the overlap, and not the history")
    func costOfNewEvents() async throws {
        let harness = PollHarness(users(5000, from: Self.past, step: 7))
        try await harness.poll()
        harness.move(by: 3600 * Self.second)
        harness.zitadel.change { $0.events += users(10, from: harness.now - 10, step: 1, prefix: "n") }
        let report = try await harness.poll()
        #expect(report.questions == 3 && report.eventsRead == 10 && report.published == 10)
        #expect(harness.publisher.ids.count == 5010)
    }

    @Test("Waiting for answers is told apart from what is done with them")
    func waiting() async throws {
        let harness = PollHarness(users(3, from: Self.past, step: 7))
        harness.zitadel.change { $0.fault = { _ throws(ZitadelAPIError) in harness.move(by: 5000) } }
        let report = await harness.poller().poll(.backfill, from: PollCursor(), store: nil) { _ in
            harness.move(by: Self.second)
        }
        #expect(report.questions == 3 && report.failure == nil)
        #expect(report.waitedMicroseconds == 3 * 5000)
        #expect(report.durationMicroseconds == 3 * (5000 + Self.second))
    }

    @Test("Without a cursor everything is read; with one, only a type it does not know is")
    func newTypeInTheCatalogue() async throws {
        let locked = StoredEvent(aggregate: "l", type: "user.locked", at: Self.past)
        let harness = PollHarness([locked] + users(3, from: Self.past, step: 1))
        var cursor = PollCursor()
        let known = PollPlan.groups.joined().map(\.name).filter { $0 != "user.locked" }
        cursor.advance(known, to: time(harness.now - 700 * Self.second))
        try await harness.store.save(cursor)
        let report = try await harness.poll()
        #expect(harness.publisher.published == [locked.id])
        #expect(report.questions == 4)
        harness.move(by: 300 * Self.second)
        #expect(try await harness.poll().questions == 3)
    }

    @Test("An event that is committed late, within the overlap, is found by the next poll")
    func lateCommit() async throws {
        let harness = PollHarness()
        try await harness.poll()
        let now = harness.now
        let late = StoredEvent(
            aggregate: "late", type: "user.locked", at: now - 599 * Self.second, visibleAt: now + Self.second)
        harness.zitadel.change { $0.events = [late] + users(3, from: now - 5 * Self.second, step: 1) }
        try await harness.poll()
        #expect(!harness.publisher.ids.contains(late.id))
        harness.move(by: 2 * Self.second)
        try await harness.poll()
        #expect(harness.publisher.ids.contains(late.id))
    }

    @Test("An event that is committed later than the overlap is found by a sweep, which moves no cursor")
    func sweep() async throws {
        let harness = PollHarness()
        try await harness.poll()
        harness.move(by: 7200 * Self.second)
        try await harness.poll()
        let before = try harness.store.latest
        #expect(before.lastSweep == time(PollHarness.start - Self.second))
        harness.zitadel.change { $0.events = users(3, from: harness.now - 7200 * Self.second, step: 1) }
        #expect(try await harness.poll().published == 0)
        let report = try await harness.poll(.sweep)
        #expect(report.published == 3 && report.questions == 3)
        #expect(harness.publisher.state.withLock { $0.paths } == ["sweep"])
        #expect(report.cursor.times == before.times)
        #expect(try harness.store.latest.lastSweep == time(harness.now - Self.second))
    }

    @Test("Whichever clock is ahead, the cursor is behind both", arguments: [-3600, -40, 0, 40, 3600] as [Int64])
    func clockSkew(_ skew: Int64) async throws {
        let harness = PollHarness()
        harness.zitadel.change { $0.clockOffset = skew * Self.second }
        let report = try await harness.poll()
        #expect(report.clockOffset == skew * Self.second)
        let start = harness.now + min(0, skew * Self.second) - Self.second
        #expect(report.cursor.times["org.added"] == time(start - harness.overlap))
    }

    @Test("A long first reading that is cut off goes on where it was, less the overlap")
    func resumes() async throws {
        let harness = PollHarness(users(1000, from: Self.past, step: 10 * Self.second))
        harness.zitadel.change {
            $0.fault = { number throws(ZitadelAPIError) in
                if number == 60 { throw ZitadelAPIError(.unreachable, message: "down") }
            }
        }
        let report = try await harness.poll(pageSize: 10, saveInterval: 0)
        guard case .zitadel = report.failure else { throw report.failure ?? .cancelled }
        let read = harness.publisher.ids.count
        #expect((500...600).contains(read))
        harness.publisher.change { $0.published = [] }
        #expect(try await harness.poll(pageSize: 10).failure == nil)
        #expect(harness.publisher.ids.count <= 1000 - read + 62)
        #expect(harness.publisher.ids.contains("user/u999/1"))
    }

    @Test("The cursor stays before a page that Kafka did not take, and no cursor is written meanwhile")
    func kafkaFails() async throws {
        let harness = PollHarness(users(100, from: Self.past, step: 3600 * Self.second / 10))
        harness.publisher.change { $0.failures = [.brokerUnavailable] }
        let report = try await harness.poll(pageSize: 10)
        #expect(report.failure == .kafka(.brokerUnavailable))
        #expect(report.cursor == PollCursor())
        #expect(harness.store.saves.withLock { $0.isEmpty })
        #expect(try await harness.poll(pageSize: 10).failure == nil)
        #expect(harness.publisher.ids.count == 100)
    }

    @Test("A cursor that cannot be written fails the poll; the records are in the topic all the same")
    func cursorIsNotWritten() async throws {
        let harness = PollHarness(users(10, from: Self.past, step: 1))
        harness.store.failure.withLock { $0 = .timedOut }
        #expect(try await harness.poll().failure == .kafka(.timedOut))
        #expect(harness.publisher.ids.count == 10)
    }

    @Test("A page is asked for while the one before is published, and no more than that")
    func prefetches() async throws {
        let harness = PollHarness(users(50, from: Self.past, step: 1))
        harness.publisher.change { $0.failures = [.timedOut] }
        _ = try await harness.poll(pageSize: 10)
        #expect(harness.zitadel.questions.count <= 2)
    }

    @Test("A poll that is cancelled saves no cursor")
    func cancelled() async throws {
        let harness = PollHarness(users(50, from: Self.past, step: 1))
        let report = await withTaskGroup(of: PollReport.self) { group in
            group.cancelAll()
            group.addTask { await harness.poller().poll(.poll, from: PollCursor(), store: harness.store) }
            return await group.next()
        }
        #expect(report?.failure == .cancelled)
        #expect(harness.store.saves.withLock { $0.isEmpty })
    }
}
