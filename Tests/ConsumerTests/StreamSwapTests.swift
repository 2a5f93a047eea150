import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import TestSupport
import Testing

@testable import Consumer

@Suite("The change stream across a rebuild")
struct StreamSwapTests {
    /// Makes a new state of the events, and swaps it in.
    private static func swap(_ state: TemporaryState, _ events: [CanonicalEvent]) async throws {
        let place = state.location.rebuild()
        try place.lock()
        _ = try place.begin(again: false)
        _ = try place.apply(events)
        try place.holdLive()
        // A publisher that has ended may close its file a moment later.
        try await eventually("nobody has the file open") {
            do {
                try place.swap()
                return true
            } catch StateError.beingRead {
                return false
            }
        }
    }

    @Test(
        "A swap publishes changed lines, what waited before, and a tombstone for who was in the old state only",
        arguments: StoreKind.allCases)
    func published(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let topic = CompactedTopic()
        let users = [try EventMaker.created("u1", 1, at: 0), try EventMaker.created("u2", 1, at: 0)]
        let locked = try EventMaker.user("locked", "u2", 2, at: 1)
        do {
            let store = try state.store(stream: true)
            _ = try store.apply(users + [try EventMaker.created("stray", 1, at: 0)])
            try await topic.publisher(state).drain()
            _ = try store.apply([locked])
        }
        try await Self.swap(state, users + [locked, try EventMaker.user("deactivated", "u1", 2, at: 1)])
        #expect(try topic.text != state.export())
        if kind == .postgres {
            // Whoever may not make them goes on with those that were there.
            try state.execute("SELECT 'stream_grants_by_org'::regclass, 'stream_grants_by_project'::regclass")
        }
        try await topic.publisher(state, holder: "after").drain()
        #expect(try topic.text == state.export())
        #expect(topic.records.contains { $0.userID == "stray" && $0.line == nil })
    }

    @Test("Where the stream was never in use, a swap marks nothing", arguments: StoreKind.allCases)
    func unused(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let users = [try EventMaker.created("u1", 1, at: 0)]
        do { _ = try state.store().apply(users) }
        try await Self.swap(state, users + [try EventMaker.created("u2", 1, at: 0)])
        #expect(try await CompactedTopic().publisher(state).round() == .nothingToDo)
    }

    @Test("An unfinished rebuild can be begun again, and what is left of one discarded", arguments: StoreKind.allCases)
    func discarded(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        do { _ = try state.store(stream: true).apply([try EventMaker.created("u1", 1, at: 0)]) }
        let place = state.location.rebuild()
        try place.lock()
        _ = try place.begin(again: false)
        _ = try place.begin(again: true)
        #expect(try place.discard() > 0)
        #expect(try place.discard() == 0)
    }
}

/// An outbox where something happens just before the publisher looks whose turn it is.
private final class InterruptedOutbox: OutboxDatabase {
    private let base: any OutboxDatabase
    private var interruption: (() throws(StateError) -> Void)?

    init(_ base: any OutboxDatabase, _ interruption: @escaping () throws(StateError) -> Void) {
        self.base = base
        self.interruption = interruption
    }

    func snapshot(_ body: () throws(StateError) -> Void) throws(StateError) { try base.snapshot(body) }

    func rows(_ sql: String, _ parameters: [FactValue], size: ResultSize) throws(StateError) -> any StateRows {
        if sql == StreamQueries.publisher, let interruption {
            self.interruption = nil
            try interruption()
        }
        return try base.rows(sql, parameters, size: size)
    }

    func rowsAlone(
        _ sql: String, _ parameters: [FactValue], _ body: (any StateRows) throws(StateError) -> Void
    ) throws(StateError) {
        try base.rowsAlone(sql, parameters, body)
    }

    func write(_ sql: String, _ parameters: [[FactValue]]) throws(StateError) -> Int {
        try base.write(sql, parameters)
    }

    func transaction<Result>(_ body: () throws(StateError) -> Result) throws(StateError) -> Result {
        try base.transaction(body)
    }
}

@Suite("A turn of the change stream that passes on")
struct StreamTurnTests {
    @Test(
        "A mark set anew after the publisher before cleared it is not taken for the one that was read",
        arguments: StoreKind.allCases)
    func clearedMeanwhile(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        // Only one of the closures below runs at a time.
        nonisolated(unsafe) let store = try state.store(stream: true)
        let topic = CompactedTopic()
        _ = try store.apply([try EventMaker.created("u1", 1, at: 0)])
        let locked = try EventMaker.user("locked", "u1", 2, at: 1)
        nonisolated(unsafe) let other = StreamOutbox(try state.location.outboxDatabase(), groupsKey: "groups")
        #expect(try other.take(from: other.publisher(), by: "other"))
        let publisher = StreamPublisher(
            holder: "own", groupsKey: "groups", metrics: StreamMetrics(MetricsRegistry()),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            open: { [location = state.location] () throws(StateError) in
                InterruptedOutbox(try location.outboxDatabase()) { () throws(StateError) in
                    let users = try other.users(after: "", upTo: other.lastUser() ?? "")
                    let lines = try other.lines(of: users.map(\.id))
                    _ = topic.publish(zip(users, lines).map { StreamRecord(userID: $0.id, line: $1) })
                    _ = try other.settle(users, by: "other")
                    try other.release(by: "other")
                }
            },
            publish: { records in
                _ = try store.apply([locked])
                return topic.publish(records)
            })
        _ = try await publisher.round()
        _ = try store.apply([locked])
        try await publisher.drain()
        #expect(try topic.text == state.export())
    }
}
