import EventContract
import KafkaClient
import Synchronization
import Testing
import ZitadelClient

@testable import Bridge

@Suite("Events that stay for the next poll")
struct PollHeldTests {
    private static let second = PollHarness.second
    private static let recent = PollHarness.start - 3600 * second
    private static let removed = "user.grant.cascade.removed"

    private static func grantEvent(_ grant: String, _ type: String, at: Int64, user: String? = nil) -> StoredEvent {
        StoredEvent(
            aggregateType: "usergrant", aggregate: grant, sequence: user == nil ? 2 : 1, type: type, at: at,
            payload: user.map { #"{"userId":"\#($0)","projectId":"9"}"# } ?? "{}")
    }

    @Test("The user of a grant is looked up by one question a grant, and the event is published then")
    func lookup() async throws {
        let old = Self.grantEvent("g", "user.grant.added", at: Self.recent - 900_000 * Self.second, user: "u")
        let event = Self.grantEvent("g", Self.removed, at: Self.recent)
        var again = event
        again.sequence = 3
        let harness = PollHarness([old, event, again])
        var cursor = PollCursor()
        cursor.advance(PollPlan.groups.joined().map(\.name), to: time(Self.recent - 1))
        try await harness.store.save(cursor)
        let report = try await harness.poll()
        #expect(report.questions == 4 && report.heldCount == 0 && report.published == 2)
        #expect(harness.publisher.ids == [event.id, again.id])
        let question = try #require(harness.zitadel.questions.first { $0.aggregateID != nil })
        #expect(question.eventTypes == ["user.grant.added"] && question.limit == 1)
        #expect(question.aggregateTypes == ["usergrant"] && question.window == .all)
    }

    @Test("An unknown user keeps the cursor of that type alone, until the event is older than a sweep reads")
    func unresolved() async throws {
        let event = Self.grantEvent("g", Self.removed, at: Self.recent)
        let harness = PollHarness([event] + users(5, from: Self.recent + 10, step: 1))
        for _ in 0..<3 {
            let report = try await harness.poll()
            #expect(report.failure == nil && report.givenUp == 0)
            #expect(
                report.held == [
                    HeldEvent(
                        id: UTF8Text(event.id), type: UTF8Text(Self.removed), createdAt: time(Self.recent),
                        reason: .unresolvedSubject(grant: "g"))
                ])
            #expect(report.cursor.times[Self.removed] == time(Self.recent - 1))
            #expect(report.cursor.times["user.locked"] == time(harness.now - harness.overlap - Self.second))
            harness.move(by: 300 * Self.second)
        }
        harness.move(by: 48 * 3600 * Self.second)
        let report = try await harness.poll()
        #expect(report.givenUp == 1 && report.heldCount == 0)
        #expect(report.cursor.times[Self.removed] == report.cursor.times["user.locked"])
        #expect(harness.publisher.ids.count == 5)
        #expect(try await harness.poll().questions == 3)
    }

    @Test("A held event is published once its user is known")
    func resolvedLater() async throws {
        let event = Self.grantEvent("g", Self.removed, at: Self.recent)
        let harness = PollHarness([event])
        #expect(try await harness.poll().heldCount == 1)
        let added = Self.grantEvent("g", "user.grant.added", at: Self.recent - 1, user: "u")
        harness.zitadel.change { $0.events.append(added) }
        #expect(try await harness.poll().heldCount == 0)
        #expect(harness.publisher.ids.contains(event.id))
    }

    @Test("A record that Kafka refuses is tried in every poll, however old it gets")
    func refused() async throws {
        let events = users(5, from: Self.recent, step: 10)
        let harness = PollHarness(events)
        harness.publisher.change { $0.refused = [events[2].id] }
        try await harness.poll()
        harness.move(by: 100 * 3600 * Self.second)
        let report = try await harness.poll()
        #expect(report.heldCount == 1 && report.givenUp == 0)
        #expect(report.cursor.times["user.human.added"] == time(events[2].at - 1))
        harness.publisher.change { $0.refused = [] }
        #expect(try await harness.poll().heldCount == 0)
        #expect(harness.publisher.ids == Set(events.map(\.id)))
    }

    /// A bridge that has polled, and then events that were committed too late for any further poll to find them.
    private static func late(_ events: [StoredEvent]) async throws -> PollHarness {
        let harness = PollHarness()
        try await harness.poll()
        harness.move(by: 7200 * second)
        #expect(try await harness.poll().failure == nil)
        harness.zitadel.change { $0.events = events }
        #expect(try await harness.poll().eventsRead == 0)
        return harness
    }

    @Test("What a sweep has to hold is read again by each poll, until it is published")
    func heldBySweep() async throws {
        let events = users(3, from: PollHarness.start, step: 10)
        let harness = try await Self.late(events)
        harness.publisher.change { $0.refused = [events[1].id] }
        let before = try harness.store.latest
        let sweep = try await harness.poll(.sweep)
        #expect(sweep.heldCount == 1 && sweep.published == 2)
        #expect(sweep.cursor.times["user.human.added"] == time(events[1].at - 1))
        #expect(sweep.cursor.times["user.locked"] == before.times["user.locked"])
        #expect(try harness.store.latest == sweep.cursor)
        for _ in 0..<2 {
            harness.move(by: 100 * 3600 * Self.second)
            let report = try await harness.poll()
            #expect(report.heldCount == 1 && report.givenUp == 0)
            #expect(report.cursor.times["user.human.added"] == time(events[1].at - 1))
        }
        harness.publisher.change { $0.refused = [] }
        let report = try await harness.poll()
        #expect(report.heldCount == 0)
        #expect(report.cursor.times["user.human.added"] == report.cursor.times["user.locked"])
        #expect(harness.publisher.ids == Set(events.map(\.id)))
    }

    @Test("What a sweep has to hold for want of a user is given up and counted once it is older than a sweep reads")
    func unresolvedBySweep() async throws {
        let event = Self.grantEvent("g", Self.removed, at: PollHarness.start)
        let harness = try await Self.late([event])
        #expect(try await harness.poll(.sweep).heldCount == 1)
        harness.move(by: 300 * Self.second)
        #expect(try await harness.poll().heldCount == 1)
        harness.move(by: 48 * 3600 * Self.second)
        let report = try await harness.poll()
        #expect(report.givenUp == 1 && report.heldCount == 0)
        #expect(report.cursor.times[Self.removed] == report.cursor.times["user.locked"])
        let sweep = try await harness.poll(.sweep)
        #expect(sweep.heldCount == 0 && sweep.givenUp == 0 && sweep.cursor.times == report.cursor.times)
    }

    @Test("A sweep that fails sets nothing back, for it comes again")
    func failedSweep() async throws {
        let events = users(1, from: PollHarness.start, step: 1)
        let harness = try await Self.late(events)
        harness.publisher.change { $0.refused = [events[0].id] }
        let before = try harness.store.latest
        let already = harness.zitadel.questions.count
        harness.zitadel.change {
            $0.fault = { number throws(ZitadelAPIError) in
                if number == already + 3 { throw ZitadelAPIError(.unreachable, message: "down") }
            }
        }
        let report = try await harness.poll(.sweep)
        #expect(report.failure != nil && report.heldCount == 1 && report.cursor == before)
        #expect(try harness.store.latest == before)
    }

    @Test("A lookup that fails fails the poll: the events are not taken for unknown")
    func lookupFails() async throws {
        let harness = PollHarness([Self.grantEvent("g", Self.removed, at: Self.recent)])
        harness.zitadel.change {
            $0.fault = { [zitadel = harness.zitadel] _ throws(ZitadelAPIError) in
                guard zitadel.questions.last?.aggregateID != nil else { return }
                throw ZitadelAPIError(.unreachable, message: "down")
            }
        }
        let report = try await harness.poll()
        guard case .zitadel = report.failure else { throw report.failure ?? .cancelled }
        #expect(report.cursor.times[Self.removed] == nil && report.heldCount == 0)
    }

    @Test("Many unknown grants cost one question each in a poll, four at a time")
    func manyLookups() async throws {
        let events = (0..<50).map { Self.grantEvent("g\($0 % 25)", Self.removed, at: Self.recent + Int64($0)) }
        let harness = PollHarness(events)
        let report = try await harness.poll(pageSize: 10)
        #expect(harness.zitadel.questions.count { $0.aggregateID != nil } == 25)
        #expect(report.heldCount == 50)
        #expect(report.cursor.times[Self.removed] == time(Self.recent - 1))
    }
}
