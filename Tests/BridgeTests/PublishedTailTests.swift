import KafkaClient
import KafkaMockCluster
import Logging
import ServiceRuntime
import Synchronization
import Testing

@testable import Bridge

@Suite("What others have published is read from the topic's tail")
struct PublishedTailTests {
    @Test("A reader goes on where it was, unless that is further back than a poll looks; a sweep has its own")
    func readers() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(BridgeHarness.topic, partitions: 1)
        let (configuration, parts) = try Self.bridge(on: cluster)
        let minutes = Mutex<Int64>(0)
        let made = Mutex(0)
        let tail = try PublishedTail(
            publishing: parts.publishing, pollWindow: 20 * 60_000, sweepWindow: 2880 * 60_000,
            clock: WallClock { PollHarness.start + minutes.withLock { $0 } * 60_000_000 }, logger: parts.logger
        ) { () throws(KafkaConfigurationError) in
            made.withLock { $0 += 1 }
            return try KafkaTopicTail(configuration.kafka, topic: configuration.topic, logger: parts.logger)
        }
        // Minutes since the reading before, its path, and how many readers there have been then.
        let readings: [(after: Int64, path: EventPath, made: Int)] = [
            (20, .poll, 1), (20, .poll, 1), (1, .sweep, 2), (19, .poll, 2), (3 * 1440, .poll, 3), (5, .poll, 3),
        ]
        try await runJob(with: [parts.publishing], logger: parts.logger) {
            for reading in readings {
                minutes.withLock { $0 += reading.after }
                await tail.read(before: reading.path)
                let count = made.withLock { $0 }
                #expect(count == reading.made)
            }
        }
        _ = cluster
    }

    private static func bridge(on cluster: KafkaMockCluster) throws -> (BridgeConfiguration, BridgeParts) {
        let settings = try Settings.load(
            for: .bridge,
            environment: [
                "ZITADEL_GRPC_HOST": "http://127.0.0.1:9", "ZITADEL_PAT": "token",
                "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers,
            ])
        let configuration = try BridgeConfiguration(settings)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return (configuration, try BridgeParts(configuration, logger: logger, clock: .system))
    }
}
