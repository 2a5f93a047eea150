import KafkaMockCluster
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Consumer

/// A whole consumer in this process, put together as the program does.
struct ProcessorHarness: Sendable {
    static let topic = "zitadel.events.v1"
    static let deadLetterTopic = "zitadel.events.v1.dlq"

    let ops: OpsProbe
    /// Of the query API.
    let queryPort: Int
    let log: LogLines

    /// A cluster with the topics as the demo has them, but fewer partitions.
    static func makeCluster() throws -> KafkaMockCluster {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(topic, partitions: 3)
        try cluster.createTopic(deadLetterTopic, partitions: 1)
        return cluster
    }

    static func build(
        _ cluster: KafkaMockCluster, _ state: TemporaryState, _ environment: [String: String] = [:],
        log: LogLines = LogLines()
    ) async throws -> ConsumerParts {
        let settings = try Settings.load(
            for: .consumer,
            environment: [
                "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "CONSUMER_OPS_LISTEN": "127.0.0.1:0",
                "CONSUMER_LISTEN": "127.0.0.1:0",
                "STATE_URL": state.url, "KAFKA_HEARTBEAT_INTERVAL_MS": "100",
                // The mock cluster lets a group that was left rest for nearly as long. It must outlast the 3 s that
                // a first join takes there, or the member is put out while it waits.
                "KAFKA_SESSION_TIMEOUT_MS": "4000",
            ].merging(environment) { $1 })
        let output = LogOutput(format: .json, level: .trace, write: { log.append($0) })
        return try await buildConsumer(ConsumerConfiguration(settings), logger: output.logger("consumer"))
    }

    /// Runs the consumer while the body runs, then shuts it down gracefully.
    ///
    /// - Returns: everything it logged.
    @discardableResult
    static func run(
        _ cluster: KafkaMockCluster, _ state: TemporaryState, _ environment: [String: String] = [:],
        _ body: (ProcessorHarness) async throws -> Void
    ) async throws -> LogLines {
        let log = LogLines()
        let consumer = try await build(cluster, state, environment, log: log)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: consumer.services, logger: Logger(label: "test")))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually(within: .seconds(20), "the listeners listen") {
                consumer.ops.boundAddress != nil && consumer.query.boundAddress != nil
            }
            try await body(
                ProcessorHarness(
                    ops: OpsProbe(port: consumer.ops.boundAddress?.port ?? 0),
                    queryPort: consumer.query.boundAddress?.port ?? 0, log: log))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        return log
    }

    /// Waits until the fate of that many records is durable, and checks that each has exactly one.
    func untilConsumed(_ count: Int, within timeout: Duration = .seconds(30)) async throws -> Outcomes {
        try await eventually(within: timeout, "\(count) records are consumed") {
            try await ops.metric("consumer_records_consumed_total") >= count
        }
        let outcomes = try await outcomes()
        #expect(outcomes.sum == count)
        #expect(outcomes.consumed == count)
        return outcomes
    }

    /// Records still to apply in all three partitions, by the metric; nil while one of them is unknown.
    func lag() async throws -> Int? {
        let lines = try await ops.get("/metrics").body.split(separator: "\n")
            .filter { $0.hasPrefix("consumer_lag_records{") }
        guard lines.count == 3 else { return nil }
        return lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }

    func outcomes() async throws -> Outcomes {
        Outcomes(
            consumed: try await ops.metric("consumer_records_consumed_total"),
            applied: try await ops.metric("consumer_records_total{outcome=\"applied\"}"),
            alreadyApplied: try await ops.metric("consumer_records_total{outcome=\"already_applied\"}"),
            setAside: try await ops.metric("consumer_records_total{outcome=\"set_aside\"}"))
    }
}

struct Outcomes: Equatable {
    var consumed = 0
    var applied = 0
    var alreadyApplied = 0
    var setAside = 0

    var sum: Int { applied + alreadyApplied + setAside }
}

/// Collects log lines from any thread.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ line: String) { lines.withLock { $0.append(line) } }

    var text: String { lines.withLock { $0.joined() } }

    func count(of text: String) -> Int { lines.withLock { $0.count { $0.contains(text) } } }

    func contains(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
}

extension GoldenHistory {
    /// The records of the small history, in order, as they are in the topic.
    static func smallRecords() -> [TopicWriter.Record] {
        GoldenEvent.smallHistory.compactMap(\.record).map { TopicWriter.Record($0) }
    }
}

extension TopicWriter {
    init(_ cluster: KafkaMockCluster) throws {
        try self.init(bootstrapServers: cluster.bootstrapServers, topic: ProcessorHarness.topic)
    }
}
