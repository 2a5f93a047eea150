import Foundation
import TestSupport
import Testing

@Suite("Registration and signing keys, in processes of their own")
struct RegistrationTests {
    @Test("Without an endpoint the bridge says that it only polls, registers nothing, and everything arrives")
    func pollingOnly() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        try await zitadel.createUsers(100)
        let bridge = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: nil, ["BRIDGE_POLL_INTERVAL": "1s"])
        _ = try await bridge.process.said(
            after: "ZITADEL_WEBHOOK_ENDPOINT not configured — skipping Actions v2 registration", upTo: "\"")
        try await bridge.untilReady()
        try await bridge.untilPolling()
        try await zitadel.createUsers(230)
        try await zitadel.createTeam(1)
        let audit = try await pipeline.audit(zitadel)
        #expect(audit.events > 1000)
        #expect(audit.byPath == ["poll": audit.events])
        #expect(audit.duplicates == 0)
        #expect(try await bridge.ops.metric("bridge_registration_state{state=\"disabled\"}") == 1)
        #expect(try await zitadel.send("GET", "/targets", "").values(of: "id").isEmpty)
        #expect(try await bridge.process.terminate() == .exited(0))
    }

    @Test("A token that may only read is reported, polls meanwhile, and is enough once somebody has registered")
    func viewerToken() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        let port = FreePort.next()
        let bridge = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: port,
            ["ZITADEL_PAT": Pipeline.viewerToken, "BRIDGE_POLL_INTERVAL": "1s"])
        try await bridge.untilTrying("lacks the permission")
        try await zitadel.createUsers(100)
        try await eventually(within: .seconds(15), "it polls meanwhile") { try await bridge.published("poll") >= 300 }
        #expect(try await bridge.published("webhook") == 0)

        let owner = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: FreePort.next(), endpointPort: port, label: "owner")
        try await owner.untilRegistered()
        #expect(try await owner.process.terminate() == .exited(0))
        try await bridge.untilRegistered()
        try await expectWebhooks(of: zitadel, at: bridge)
        _ = try await pipeline.audit(zitadel)
        #expect(try await bridge.process.terminate() == .exited(0))
    }

    @Test("A Zitadel that is not there yet is waited for")
    func zitadelDown() async throws {
        let pipeline = try await Pipeline()
        let zitadelPort = FreePort.next()
        let bridge = try await pipeline.startRegisteringBridge(zitadelPort: zitadelPort, port: FreePort.next())
        try await bridge.untilTrying("Zitadel cannot be reached")
        #expect(try await bridge.ops.get("/livez").status == 200)
        let zitadel = try await pipeline.startZitadel(port: zitadelPort)
        try await zitadel.createUsers(100)
        try await bridge.untilRegistered()
        try await expectWebhooks(of: zitadel, at: bridge)
        let audit = try await pipeline.audit(zitadel)
        #expect(audit.byPath["poll"] ?? 0 >= 300)
        #expect(try await bridge.process.terminate() == .exited(0))
    }

    @Test("An endpoint that Zitadel denies is reported, polls replace it, and once it is allowed webhooks come")
    func denyList() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        try await zitadel.setFaults("{\"denyTargets\":true}")
        let bridge = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: FreePort.next(), ["BRIDGE_POLL_INTERVAL": "1s"])
        try await bridge.untilTrying("Zitadel refuses the endpoint")
        try await zitadel.createUsers(100)
        try await eventually(within: .seconds(15), "it polls meanwhile") { try await bridge.published("poll") >= 300 }
        try await zitadel.clearFaults()
        try await bridge.untilRegistered()
        try await expectWebhooks(of: zitadel, at: bridge)
        _ = try await pipeline.audit(zitadel)
        #expect(try await bridge.process.terminate() == .exited(0))
    }

    @Test("A key that somebody else rotates is read once; the old one holds for what was queued; nothing is lost")
    func rotation() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        let bridge = try await pipeline.startRegisteringBridge(zitadelPort: zitadel.port, port: FreePort.next())
        try await bridge.untilRegistered()
        try await bridge.untilPolling()
        // Signed with the old key, on their way until the new one is known.
        try await zitadel.setFaults("{\"delayMilliseconds\":20000}")
        try await zitadel.createUsers(50)
        try await zitadel.clearFaults()
        try await zitadel.send("POST", "/targets/zitadel-kafka-bridge/rotate", "")
        try await zitadel.createUsers(50)
        try await eventually(within: .seconds(15), "the new key is learned") {
            bridge.process.log.count(of: "Signing key learned") == 2
        }
        let refused = try await zitadel.statistics()
        #expect(refused.refused["401"] ?? 0 >= 150, "what came before")
        #expect(refused.pending > 0, "what was signed with the old key is still to come")
        try await expectWebhooks(of: zitadel, at: bridge)
        let statistics = try await zitadel.untilDelivered()
        #expect(statistics.refused == refused.refused)
        #expect(statistics.delivered >= 150)
        #expect(bridge.process.log.count(of: "Signing key learned") == 2, "one reading was enough")
        let audit = try await pipeline.audit(zitadel)
        #expect(audit.byPath["poll"] ?? 0 >= 150, "the poll found what was refused")
        #expect(try await bridge.process.terminate() == .exited(0))
    }

    private func expectWebhooks(of zitadel: Simulator, at bridge: Pipeline.Running) async throws {
        let before = try await bridge.published("webhook")
        try await zitadel.createTeam(9)
        try await eventually(within: .seconds(10), "webhooks come") { try await bridge.published("webhook") > before }
    }
}
