import KafkaClient
import KafkaMockCluster
import Logging
import NIOCore
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import TestSupport
import ZitadelClient

@testable import Bridge

/// A whole bridge in this process, on a mock cluster of its own.
struct BridgeHarness: Sendable {
    static let key = "98KmsU67aBcDeFgHiJkLmNoPqRsTuVwXyZ01"
    static let instance = "290000000000000001"
    static let topic = "zitadel.events.v1"

    let cluster: KafkaMockCluster
    let log: LogLines
    let port: Int
    let opsPort: Int
    let publisher: PagePublisher
    private let stop: @Sendable () async -> Void

    /// Runs the bridge while the body runs, then shuts it down gracefully.
    static func run(
        environment: [String: String] = [:], brokersUp: Bool = true, limits: WebhookLimits? = nil,
        _ body: @Sendable (BridgeHarness) async throws -> Void
    ) async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(topic, partitions: 4)
        if !brokersUp { cluster.setBroker(up: false) }
        let log = LogLines()
        let bridge = try build(cluster, log, environment, limits)
        let logger = Logger(label: "test")
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: bridge.services, logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("the bridge listens") {
                bridge.webhook?.boundPort != nil && bridge.ops.boundAddress != nil
            }
            let harness = BridgeHarness(
                cluster: cluster, log: log, port: bridge.webhook?.boundPort ?? 0,
                opsPort: bridge.ops.boundAddress?.port ?? 0, publisher: bridge.publisher,
                stop: { await group.triggerGracefulShutdown() })
            if brokersUp { try await harness.untilReady() }
            try await body(harness)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Puts a bridge together that logs to `log`.
    static func build(
        _ cluster: KafkaMockCluster, _ log: LogLines, _ environment: [String: String], _ limits: WebhookLimits? = nil
    ) throws -> Bridge {
        let output = LogOutput(format: .json, level: .trace, write: { log.append($0) })
        let settings = try Settings.load(
            for: .bridge,
            environment: [
                "ZITADEL_GRPC_HOST": "http://127.0.0.1:9", "ZITADEL_SIGNING_KEY": key, "ZITADEL_INSTANCE_ID": instance,
                "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "BRIDGE_LISTEN": "127.0.0.1:0",
                "BRIDGE_OPS_LISTEN": "127.0.0.1:0",
            ].merging(environment) { $1 })
        return try buildBridge(BridgeConfiguration(settings), limits: limits, logger: output.logger("bridge"))
    }

    private init(
        cluster: KafkaMockCluster, log: LogLines, port: Int, opsPort: Int, publisher: PagePublisher,
        stop: @escaping @Sendable () async -> Void
    ) {
        self.cluster = cluster
        self.log = log
        self.port = port
        self.opsPort = opsPort
        self.publisher = publisher
        self.stop = stop
    }

    func untilReady() async throws {
        try await eventually("the bridge is ready") { try await get("/readyz").status == 200 }
    }

    func triggerShutdown() async {
        await stop()
    }

    func get(_ path: String) async throws -> HTTPAnswer {
        try await HTTPExchange.send("GET", port: opsPort, path: path)
    }

    /// Posts a body as Zitadel does.
    func post(
        _ body: [UInt8], signature: String?? = .none, headers: [(String, String)] = [],
        path: String = WebhookContext.path
    ) async throws -> HTTPAnswer {
        let now = WallClock.system.microseconds() / 1_000_000
        let good = WebhookSigner.signatureHeader(key: Self.key, timestamp: now, body: body)
        let all = headers + ((signature ?? good).map { [("ZITADEL-Signature", $0)] } ?? [])
        return try await HTTPExchange.send("POST", port: port, path: path, headers: all, body: body)
    }

    func post(_ body: String) async throws -> HTTPAnswer { try await post(Array(body.utf8)) }

    /// How many events came by this way and ended so.
    func events(_ outcome: String, path: String = "webhook") async throws -> Double {
        try await metric("bridge_events_total{path=\"\(path)\",outcome=\"\(outcome)\"}")
    }

    /// The value of a metric, 0 when it has none yet.
    func metric(_ name: String) async throws -> Double {
        for line in try await get("/metrics").body.split(separator: "\n") where line.hasPrefix("\(name) ") {
            return Double(line.dropFirst(name.count + 1)) ?? 0
        }
        return 0
    }

    /// An event that is published when it arrives.
    static func event(sequence: Int = 1, user: String = "310000000000000001") -> String {
        """
        {"aggregateID":"\(user)","aggregateType":"user","instanceID":"\(instance)","sequence":\(sequence),\
        "event_type":"user.locked","created_at":"2026-01-02T03:04:05.678901Z"}
        """
    }
}

/// Collects log lines from any thread.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ line: String) {
        lines.withLock { $0.append(line) }
    }

    var text: String { lines.withLock { $0.joined() } }
}
