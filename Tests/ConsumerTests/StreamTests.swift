import EventContract
import KafkaClient
import Synchronization
import TestSupport
import Testing

@testable import Consumer

@Suite("The change stream")
struct StreamTests {
    @Test(
        "A user that changes is published once, as its line, and as a tombstone once it is gone",
        arguments: StoreKind.allCases)
    func lineAndTombstone(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let publisher = topic.publisher(state)
        _ = try store.apply([
            try EventMaker.created("u1", 1, at: 0), try EventMaker.created("u2", 1, at: 0),
            try EventMaker.user("locked", "u1", 2, at: 1),
        ])
        try await publisher.drain()
        #expect(topic.records.map(\.userID) == ["u1", "u2"])
        #expect(try topic.text == state.export())

        _ = try store.apply([try EventMaker.user("removed", "u1", 3, at: 2)])
        try await publisher.drain()
        #expect(topic.records.count == 3)
        #expect(topic.records.last?.userID == "u1" && topic.records.last?.line == nil)
        #expect(try topic.text == state.export())
    }

    @Test(
        "A user is not kept waiting by ever new ones with higher ids, as an import brings them",
        arguments: StoreKind.allCases)
    func importing(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let publisher = topic.publisher(state)
        func add(_ number: Int) throws { _ = try store.apply([try EventMaker.created("v\(number)", 1, at: 0)]) }
        _ = try store.apply([try EventMaker.created("u1", 1, at: 0)])
        try add(10)
        try await publisher.drain()
        topic.forgetRecords()
        try add(11)
        #expect(try await publisher.round() == .published)
        _ = try store.apply([try EventMaker.user("locked", "u1", 2, at: 1)])
        for number in 12..<15 {
            try add(number)
            #expect(try await publisher.round() == .published)
        }
        #expect(topic.records.contains { $0.userID == "u1" })
    }

    @Test(
        "Events that change nothing publish nothing, and without the stream nothing is marked",
        arguments: StoreKind.allCases)
    func nothingNew(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let topic = CompactedTopic()
        let events = [try EventMaker.created("u1", 1, at: 0), try EventMaker.organization("added", "o1", 1, at: 0)]
        _ = try state.store().apply(events)
        _ = try state.store(stream: true).apply(events)
        _ = try state.store(stream: true).apply([try EventMaker.organization("changed", "o1", 2, at: 0)])
        #expect(try await topic.publisher(state).round() == .nothingToDo)
        #expect(topic.records.isEmpty)
    }

    @Test(
        "What touches an organization reaches all of its users, page by page",
        arguments: StoreKind.allCases)
    func manyUsers(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let publisher = topic.publisher(state)
        let count = 2 * StreamOutbox.sliceSize + 7
        _ = try store.apply(try (0..<count).map { try EventMaker.created("u\($0)", 1, at: 0) })
        _ = try store.apply([try EventMaker.created("other", 1, at: 0, in: "o2")])
        try await publisher.drain()
        topic.forgetRecords()

        _ = try store.apply([try EventMaker.organization("removed", "o1", 2, at: 1)])
        _ = try await publisher.round()
        #expect(topic.records.count < count, "not all at once")
        // It begins again: users before the place were published without this.
        _ = try store.apply([try EventMaker.organization("deactivated", "o1", 3, at: 2)])
        try await publisher.drain()
        #expect(Set(topic.records.map(\.userID)).count == count)
        #expect(topic.records.allSatisfy { $0.line == nil })
        #expect(try topic.text == state.export())
    }

    @Test(
        "A record that the topic never takes holds up nobody else, and stays marked",
        arguments: StoreKind.allCases)
    func refusedRecord(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let publisher = topic.publisher(state)
        topic.refuse("u1")
        _ = try store.apply([try EventMaker.created("u1", 1, at: 0), try EventMaker.created("u2", 1, at: 0)])
        #expect(try await publisher.round() == .published)
        #expect(try await publisher.round() == .failed(.recordTooLarge))
        _ = try store.apply([try EventMaker.organization("deactivated", "o1", 1, at: 1)])
        for _ in 0..<5 { _ = try await publisher.round() }
        #expect(try await publisher.withOutbox { (outbox) throws(StateError) in try outbox.depth().causes } == 0)
        #expect(topic.records.count == 2 && topic.records.allSatisfy { $0.userID == "u2" })
        topic.refuse(nil)
        try await publisher.drain()
        #expect(try topic.text == state.export())
    }

    @Test(
        "A topic that takes nothing leaves everything in the outbox",
        arguments: StoreKind.allCases)
    func outage(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let publisher = topic.publisher(state)
        _ = try store.apply([try EventMaker.created("u1", 1, at: 0)])
        try await publisher.drain()
        topic.fail(1)
        _ = try store.apply([try EventMaker.organization("deactivated", "o1", 1, at: 1)])
        // Of the three causes of an organization, two have nobody to publish here.
        for _ in 0..<2 { #expect(try await publisher.round() == .published) }
        for _ in 0..<3 { #expect(try await publisher.round() == .failed(.timedOut)) }
        let depth = try await publisher.withOutbox { (outbox) throws(StateError) in try outbox.depth() }
        #expect(depth == (0, 1), "the cause waits, not its users")
        topic.fail(0)
        try await publisher.drain()
        #expect(topic.records.map(\.userID) == ["u1", "u1"])
    }

    @Test(
        "A publisher that was overtaken while its records were on the way has its users published again",
        arguments: StoreKind.allCases)
    func overtaken(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        // Only one of the closures below runs at a time.
        nonisolated(unsafe) let store = try state.store(stream: true)
        let topic = CompactedTopic()
        _ = try store.apply([try EventMaker.created("u1", 1, at: 0)])
        let second = topic.publisher(state, holder: "second")
        // While the old line is on its way, the user changes and another process takes its turn.
        let first = topic.publisher(state, holder: "first") { records in
            if topic.records.isEmpty {
                _ = try store.apply([try EventMaker.user("locked", "u1", 2, at: 1)])
                try await second.drain()
            }
            return topic.publish(records)
        }
        #expect(try await first.round() == .waiting)
        #expect(topic.records.count == 2)
        #expect(try topic.text != state.export(), "the older line came last")
        #expect(try await first.round() == .waiting, "it is not its turn, but it has marked the user")
        try await second.drain()
        #expect(try topic.text == state.export())
    }

    @Test(
        "Another process waits for a silent one, and not for one that has ended in good order",
        arguments: StoreKind.allCases)
    func turns(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let (first, second) = (topic.publisher(state, holder: "first"), topic.publisher(state, holder: "second"))
        _ = try store.apply([try EventMaker.created("u1", 1, at: 0)])
        try await first.drain()
        _ = try store.apply([try EventMaker.created("u2", 1, at: 0)])
        let now = ContinuousClock.now
        #expect(try await second.round(now) == .waiting)
        #expect(try await second.round(now + .seconds(14)) == .waiting)
        #expect(try await second.round(now + .seconds(15)) == .published)
        await second.release()
        _ = try store.apply([try EventMaker.created("u3", 1, at: 0)])
        #expect(try await first.round(now + .seconds(16)) == .published)
        #expect(try topic.text == state.export())
    }

    @Test("Whatever a line hangs on reaches the user when it changes", arguments: StoreKind.allCases)
    func everyCause(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let publisher = topic.publisher(state)
        let projectGrant = ("grantId", "\"pg1\"")
        _ = try store.apply([
            try EventMaker.created("u1", 1, at: 0, in: "home"),
            try EventMaker.project("added", "p1", 1, at: 0, in: "owner"),
            try EventMaker.project(
                "grant.added", "p1", 2, at: 0, in: "owner", projectGrant, ("grantedOrgId", "\"partner\""),
                ("roleKeys", "[\"a\",\"b\"]")),
            try EventMaker.project("added", "p2", 1, at: 0, in: "maker"),
            try EventMaker.granted("g1", to: "u1", roles: "a", "b", at: 1, through: "pg1", in: "inside"),
            try EventMaker.granted("g2", to: "u1", roles: "c", at: 1, project: "p2", in: "inside"),
        ])
        try await publisher.drain()
        // Each takes something from the line, or gives it back.
        let changes = [
            try EventMaker.project("role.removed", "p1", 3, at: 2, in: "owner", ("key", "\"a\"")),
            try EventMaker.project("deactivated", "p1", 4, at: 3, in: "owner"),
            try EventMaker.project("reactivated", "p1", 5, at: 4, in: "owner"),
            try EventMaker.project("grant.deactivated", "p1", 6, at: 5, in: "owner", projectGrant),
            try EventMaker.project("grant.reactivated", "p1", 7, at: 6, in: "owner", projectGrant),
            try EventMaker.organization("deactivated", "home", 1, at: 7),
            try EventMaker.organization("reactivated", "home", 2, at: 8),
            try EventMaker.organization("deactivated", "inside", 1, at: 9),
            try EventMaker.organization("reactivated", "inside", 2, at: 10),
            try EventMaker.organization("removed", "partner", 1, at: 11),
            try EventMaker.organization("removed", "maker", 1, at: 12),
            try EventMaker.organization("removed", "home", 3, at: 13),
        ]
        for change in changes {
            let before = try state.export()
            _ = try store.apply([change])
            #expect(try state.export() != before, "\(change.id) changes the line")
            try await publisher.drain()
            #expect(try topic.text == state.export(), "\(change.id) is published")
        }
    }
}
