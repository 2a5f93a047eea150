import EventContract
import KafkaClient
import KafkaMockCluster
import Logging
import ServiceRuntime
import Testing

@testable import Bridge

@Suite("Cursors that commands read and write")
struct StoredCursorsTests {
    private static let topic = "zitadel.bridge.cursor"
    private static let key = Array("290/zitadel.events.v1".utf8)

    private func cursor(_ microseconds: Int64, sweep: Int64? = nil) -> PollCursor {
        var cursor = PollCursor()
        cursor.advance(["user.removed"], to: EventTime(clamping: microseconds))
        cursor.lastSweep = sweep.map { EventTime(clamping: $0) }
        return cursor
    }

    /// Runs the body with a producer that is served, and readers of one key.
    private func run(
        _ body: @escaping @Sendable (CursorTopic, @Sendable () throws -> StoredCursors) async throws -> Void
    ) async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(Self.topic, partitions: 1)
        let settings = try Settings.load(
            for: .bridge,
            environment: [
                "ZITADEL_GRPC_HOST": "http://127.0.0.1:9", "ZITADEL_PAT": "token",
                "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers,
            ])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = try BridgeConfiguration(settings)
        let parts = try BridgeParts(configuration, logger: logger, clock: .system)
        try await runJob(with: [parts.publishing], logger: logger) {
            try await body(CursorTopic(name: Self.topic, producer: parts.producer)) {
                try StoredCursors(configuration.kafka, topic: Self.topic, wanted: [Self.key], logger: logger)
            }
        }
        _ = cluster
    }

    @Test("The newest record of the key counts, and none is none")
    func newest() async throws {
        try await run { topic, reader async throws in
            #expect(try await reader().cursor(Self.key) == nil)
            let stored = try reader()
            try await topic.write(Self.key, cursor(1_000_000).json)
            try await topic.write(Array("291/zitadel.events.v1".utf8), cursor(9_000_000).json)
            #expect(try await stored.cursor(Self.key) == cursor(1_000_000))
            try await topic.write(Self.key, cursor(2_000_000).json)
            #expect(try await stored.cursor(Self.key) == cursor(2_000_000))
        }
    }

    @Test("A poll beside a bridge never writes a cursor behind the one that was stored meanwhile")
    func forwardOnly() async throws {
        try await run { topic, reader async throws in
            let store = ForwardCursorStore(topic: topic, key: Self.key, stored: try reader())
            try await store.save(cursor(1_000_000))
            try await topic.write(Self.key, cursor(5_000_000).json)
            try await store.save(cursor(2_000_000))
            #expect(try await reader().cursor(Self.key) == cursor(5_000_000))
            try await store.save(cursor(6_000_000))
            #expect(try await reader().cursor(Self.key) == cursor(6_000_000))
        }
    }

    @Test("A poll beside a bridge does not undo what a sweep of the bridge has set back meanwhile")
    func setBack() async throws {
        try await run { topic, reader async throws in
            let store = ForwardCursorStore(topic: topic, key: Self.key, stored: try reader())
            try await store.save(cursor(5_000_000, sweep: 1_000_000))
            try await topic.write(Self.key, cursor(2_000_000, sweep: 4_000_000).json)
            try await store.save(cursor(6_000_000, sweep: 1_000_000))
            #expect(try await reader().cursor(Self.key) == cursor(2_000_000, sweep: 4_000_000))
        }
    }

    @Test("A record that is no cursor is an error with a fix, not the beginning of history")
    func unreadable() async throws {
        try await run { topic, reader async throws in
            try await topic.write(Self.key, Array("{\"v\":2}".utf8))
            await #expect(throws: StoredCursorError.self) { try await reader().cursor(Self.key) }
        }
    }
}
