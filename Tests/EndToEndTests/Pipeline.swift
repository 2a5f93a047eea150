import Foundation
import TestSupport
import Testing

/// The programs as an operator starts them, each a process of its own, on free ports.
final class Pipeline: Sendable {
    static let topic = "zitadel.events.v1"
    static let signingKey = "98KmsU67aBcDeFgHiJkLmNoPqRsTuVwXyZ01"
    static let instance = "290000000000000001"

    let folder: TemporaryFolder
    let broker: ProcessUnderTest
    let bootstrapServers: String

    /// Starts the broker.
    init() async throws {
        folder = try TemporaryFolder()
        broker = try await ProcessUnderTest.start("kafka-dev-broker", ["--die-with-parent"], in: folder.url)
        bootstrapServers = try await broker.said(after: "{\"bootstrap\":\"", upTo: "\"")
    }

    struct Running: Sendable {
        let process: ProcessUnderTest
        let ops: OpsProbe
        /// Of the webhook listener; 0 for the consumer.
        var port = 0

        func untilReady() async throws {
            try await eventually(within: .seconds(30), "\(process.name) is ready") {
                if let ending = process.ending { Issue.record("\(process.name) ended: \(ending)\n\(process.log)") }
                return try await ops.isReady()
            }
        }
    }

    func startBridge(_ environment: [String: String] = [:], label: String = "bridge") async throws -> Running {
        let process = try await ProcessUnderTest.start(
            "zitadel-bridge", ["run"],
            environment: [
                "ZITADEL_GRPC_HOST": "http://127.0.0.1:9", "ZITADEL_SIGNING_KEY": Self.signingKey,
                "ZITADEL_INSTANCE_ID": Self.instance,
                "KAFKA_BOOTSTRAP_SERVERS": bootstrapServers, "BRIDGE_LISTEN": "127.0.0.1:0",
                "BRIDGE_OPS_LISTEN": "127.0.0.1:0", "LOG_LEVEL": "debug",
            ].merging(environment) { $1 },
            in: folder.url, label: label)
        let ops = OpsProbe(port: try await port(of: process, after: "\"message\":\"Listening\",\"address\":\""))
        let port = try await port(of: process, after: "\"message\":\"Listening for webhooks\",\"address\":\"")
        return Running(process: process, ops: ops, port: port)
    }

    /// - Parameter state: name of the state's file.
    func startConsumer(
        state: String = "state.db", _ environment: [String: String] = [:], wrapper: [String] = [],
        label: String = "consumer"
    ) async throws -> Running {
        let process = try await ProcessUnderTest.start(
            "zitadel-consumer", ["run"],
            environment: [
                "KAFKA_BOOTSTRAP_SERVERS": bootstrapServers, "CONSUMER_OPS_LISTEN": "127.0.0.1:0",
                "CONSUMER_LISTEN": "127.0.0.1:0",
                "STATE_URL": stateURL(state), "LOG_LEVEL": "debug",
                // The dev broker waits for a member that was killed for nearly as long, and for a first one 3 s.
                "KAFKA_SESSION_TIMEOUT_MS": "4000", "KAFKA_HEARTBEAT_INTERVAL_MS": "300",
            ].merging(environment) { $1 },
            wrapper: wrapper, in: folder.url, label: label)
        let ops = OpsProbe(port: try await port(of: process, after: "\"message\":\"Listening\",\"address\":\""))
        return Running(process: process, ops: ops)
    }

    /// - Parameter history: path of a file of JSON lines with a `webhook` each.
    func startSimulator(
        posting history: String, to bridge: Running, _ arguments: [String] = [], label: String = "simulator"
    ) async throws -> Simulator {
        let process = try await ProcessUnderTest.start(
            "zitadel-simulator",
            [
                "serve", "--listen", "127.0.0.1:0", "--webhook",
                "http://127.0.0.1:\(bridge.port)/webhook/zitadel-events", "--load", history, "--log-level", "trace",
                "--die-with-parent",
            ] + arguments,
            environment: ["ZITADEL_SIGNING_KEY": Self.signingKey], in: folder.url, label: label)
        let port = try await process.said(after: "{\"listen\":\"127.0.0.1:", upTo: "\"")
        return Simulator(process: process, port: try #require(Int(port)))
    }

    /// The state as the command prints it.
    func export(state: String = "state.db") async throws -> String {
        try await export(url: stateURL(state))
    }

    func export(url: String) async throws -> String {
        let process = try await ProcessUnderTest.start(
            "zitadel-consumer", ["state", "export"], environment: ["STATE_URL": url], in: folder.url,
            label: "export-\(UUID().uuidString)")
        #expect(try await process.untilEnd() == .exited(0), "\(process.log)")
        return process.output
    }

    private func stateURL(_ name: String) -> String { "sqlite://\(folder.path(name))" }

    func port(of process: ProcessUnderTest, after text: String) async throws -> Int {
        let address = try await process.said(after: text, upTo: "\"")
        return try #require(address.split(separator: ":").last.flatMap { Int($0) }, "\(address)")
    }
}

/// A simulator that delivers a history.
struct Simulator: Sendable {
    struct Statistics: Decodable {
        let delivered: Int
        /// By status.
        let refused: [String: Int]
        let unreachable: Int
        let dropped: Int
        let pending: Int
    }

    let process: ProcessUnderTest
    let port: Int
    /// Path of its store file; empty without one.
    var store = ""

    /// Waits until every event of the history had its one webhook.
    func untilDelivered(within timeout: Duration = .seconds(30)) async throws -> Statistics {
        var statistics: Statistics?
        try await eventually(within: timeout, "every event had its webhook") {
            statistics = try await self.statistics()
            return statistics?.pending == 0
        }
        return try #require(statistics)
    }

    func statistics() async throws -> Statistics {
        let body = try await HTTPExchange.send("GET", port: port, path: "/stats").body
        return try JSONDecoder().decode(Statistics.self, from: Data(body.utf8))
    }
}

extension OpsProbe {
    /// Consumed records, each with exactly one outcome.
    func consumed() async throws -> Int { try await metric("consumer_records_consumed_total") }

    func outcomeSum() async throws -> Int {
        var sum = 0
        for outcome in ["applied", "already_applied", "set_aside"] {
            sum += try await metric("consumer_records_total{outcome=\"\(outcome)\"}")
        }
        return sum
    }
}
