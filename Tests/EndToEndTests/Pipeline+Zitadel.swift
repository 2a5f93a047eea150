import Foundation
import TestSupport
import Testing

extension Pipeline {
    static let ownerToken = "simulated-owner-token"
    static let viewerToken = "simulated-viewer-token"

    /// Starts a simulated Zitadel with an events search, an Actions API and a store file.
    ///
    /// - Parameters:
    ///   - earlier: one whose port and store this one takes over.
    ///   - port: where it listens when there was none; nil for a free one.
    func startZitadel(
        again earlier: Simulator? = nil, port: Int? = nil, label: String = "zitadel"
    ) async throws -> Simulator {
        let store = earlier?.store ?? folder.path("\(label).store")
        let process = try await ProcessUnderTest.start(
            "zitadel-simulator",
            [
                "serve", "--listen", "127.0.0.1:\(earlier?.port ?? port ?? FreePort.next())", "--store", store,
                "--instance", Self.instance, "--die-with-parent",
            ],
            in: folder.url, label: label)
        let port = try await process.said(after: "{\"listen\":\"127.0.0.1:", upTo: "\"")
        return Simulator(process: process, port: try #require(Int(port)), store: store)
    }

    /// Starts a bridge that registers itself, polls and elects.
    ///
    /// - Parameters:
    ///   - zitadelPort: where Zitadel is, or will be.
    ///   - port: of the webhook listener; nil for a bridge that only polls.
    ///   - endpointPort: where webhooks are sent to, when that is not here.
    func startRegisteringBridge(
        zitadelPort: Int, port: Int?, endpointPort: Int? = nil, _ environment: [String: String] = [:],
        label: String = "bridge"
    ) async throws -> Running {
        var all = [
            "ZITADEL_GRPC_HOST": "http://127.0.0.1:\(zitadelPort)", "ZITADEL_PAT": Self.ownerToken,
            "KAFKA_BOOTSTRAP_SERVERS": bootstrapServers, "BRIDGE_OPS_LISTEN": "127.0.0.1:0", "LOG_LEVEL": "debug",
            // As close behind as polls read; what the cursor has passed is then checked for nearly every event.
            "BRIDGE_POLL_OVERLAP": "1s",
            // The dev broker draws rebalances out for nearly as long; below 3 s its first join outlasts the session.
            "KAFKA_SESSION_TIMEOUT_MS": "4000", "KAFKA_HEARTBEAT_INTERVAL_MS": "300",
        ]
        if let port {
            all["BRIDGE_LISTEN"] = "127.0.0.1:\(port)"
            all["ZITADEL_WEBHOOK_ENDPOINT"] = "http://127.0.0.1:\(endpointPort ?? port)/webhook/zitadel-events"
        }
        let process = try await ProcessUnderTest.start(
            "zitadel-bridge", ["run"], environment: all.merging(environment) { $1 }, in: folder.url, label: label)
        let ops = OpsProbe(
            port: try await self.port(of: process, after: "\"message\":\"Listening\",\"address\":\""))
        return Running(process: process, ops: ops, port: port ?? 0)
    }
}

extension Pipeline.Running {
    func untilRegistered() async throws {
        try await eventually(within: .seconds(20), "\(process.name) is registered") {
            try await ops.metric("bridge_registration_state{state=\"registered\"}") == 1
        }
    }

    /// Waits until this bridge is the one that polls, and has polled.
    func untilPolling() async throws {
        try await eventually(within: .seconds(20), "\(process.name) has polled") {
            try await ops.metric("bridge_polls_total{path=\"poll\",result=\"complete\"}") > 0
        }
    }

    /// Waits until registration is tried in vain, and `/status` and the metric say so.
    func untilTrying(_ problem: String) async throws {
        try await eventually(within: .seconds(20), "registration fails: \(problem)") {
            let status = try await ops.get("/status").body
            return status.contains("\"registration\":{\"state\":\"trying\"") && status.contains(problem)
                && status.contains("\"fix\":\"")
        }
        #expect(try await ops.metric("bridge_registration_state{state=\"trying\"}") == 1)
        #expect(try await ops.metric("bridge_registration_state{state=\"registered\"}") == 0)
    }

    func isElected() async throws -> Bool { try await ops.metric("bridge_poller_elected") == 1 }

    func published(_ path: String) async throws -> Int {
        try await ops.metric("bridge_events_total{path=\"\(path)\",outcome=\"published\"}")
    }
}

/// What tests tell the simulated Zitadel.
extension Simulator {
    /// Creates users with three events each: added, address verified, groups set.
    func createUsers(_ count: Int, webhooks: Bool = true) async throws {
        try await send("POST", "/bulk/users", "{\"count\":\(count),\"webhooks\":\(webhooks)}")
    }

    /// Creates a few users by name, with a project, roles and grants; grants' later events name no user.
    func createTeam(_ number: Int) async throws {
        try await send("POST", "/projects", "{\"name\":\"project-\(number)\"}")
        try await send("POST", "/projects/project-\(number)/roles", "{\"key\":\"admin\"}")
        try await send("POST", "/projects/project-\(number)/roles", "{\"key\":\"viewer\"}")
        for user in ["a", "b"] {
            let name = "user-\(user)-\(number)"
            try await send("POST", "/users", "{\"username\":\"\(name)\",\"groups\":[\"engineering\"]}")
            let grant = try await send(
                "POST", "/grants", "{\"user\":\"\(name)\",\"project\":\"project-\(number)\",\"roles\":[\"viewer\"]}")
            let id = try #require(grant.values(of: "grantId").first)
            try await send("PUT", "/grants/\(id)/roles", "{\"roles\":[\"viewer\",\"admin\"]}")
            try await send("POST", "/users/\(name)/lock", "")
            if user == "b" { try await send("DELETE", "/grants/\(id)", "") }
        }
    }

    /// - Parameter faults: JSON of what changes.
    func setFaults(_ faults: String) async throws { try await send("PUT", "/faults", faults) }

    func clearFaults() async throws { try await send("DELETE", "/faults", "") }

    @discardableResult func send(_ method: String, _ path: String, _ body: String) async throws -> String {
        let answer = try await HTTPExchange.send(method, port: port, path: path, body: Array(body.utf8))
        #expect(answer.status == 200, "\(method) \(path): \(answer.body)")
        return answer.body
    }
}
