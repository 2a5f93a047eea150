import Foundation
import TestSupport
import Testing

@Suite("Nothing is lost: webhooks that nobody took")
struct NothingLostTests {
    @Test("A bridge that was down finds everything when it is up again")
    func bridgeDown() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        let port = FreePort.next()
        let first = try await pipeline.startRegisteringBridge(zitadelPort: zitadel.port, port: port)
        try await first.untilRegistered()
        try await zitadel.createTeam(1)
        _ = try await zitadel.untilDelivered()
        try await first.untilPolling()
        #expect(try await first.process.terminate() == .exited(0))
        #expect(first.process.log.contains("Zitadel Actions v2 registration complete"))

        try await zitadel.createUsers(330)
        try await zitadel.createTeam(2)
        let statistics = try await zitadel.untilDelivered()
        #expect(statistics.unreachable >= 1000, "each had its one webhook, which nobody took")

        let second = try await pipeline.startRegisteringBridge(zitadelPort: zitadel.port, port: port, label: "again")
        let audit = try await pipeline.audit(zitadel)
        #expect(audit.byPath["poll"] ?? 0 >= 1000)
        #expect(audit.byPath["webhook"] ?? 0 > 0)
        #expect(audit.duplicates == 0, "the topic's tail was read before the poll")
        #expect(second.process.log.contains("Reusing existing target"))
        #expect(try await second.process.terminate() == .exited(0))
    }

    @Test("Of dropped, doubled and overtaking webhooks none is missing, and no record differs")
    func lossyDelivery() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        let bridge = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: FreePort.next(), ["BRIDGE_POLL_INTERVAL": "1s"])
        try await bridge.untilRegistered()
        try await bridge.untilPolling()
        try await zitadel.setFaults("{\"drop\":0.3,\"duplicate\":0.2,\"reorderMilliseconds\":500}")
        for number in 1...4 {
            try await zitadel.createUsers(100)
            try await zitadel.createTeam(number)
        }
        let statistics = try await zitadel.untilDelivered()
        #expect(statistics.dropped > 200)
        #expect(statistics.delivered > 700)
        let audit = try await pipeline.audit(zitadel)
        #expect(audit.events > 1200)
        #expect(audit.byPath["poll"] ?? 0 > 0)
        #expect(audit.byPath["webhook"] ?? 0 > 0)
        #expect(try await bridge.process.terminate() == .exited(0))
    }

    @Test("An event that appears late, with a date the cursor is near, is found by the overlap")
    func lateCommits() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        let bridge = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: FreePort.next(),
            ["BRIDGE_POLL_INTERVAL": "1s", "BRIDGE_POLL_OVERLAP": "6s"])
        try await bridge.untilRegistered()
        try await bridge.untilPolling()
        // No webhook tells of any of them.
        try await zitadel.setFaults("{\"drop\":1,\"lateCommit\":{\"commands\":3,\"milliseconds\":3000}}")
        for _ in 1...3 { try await zitadel.createUsers(50) }
        let polls = try await bridge.ops.metric("bridge_polls_total{path=\"poll\",result=\"complete\"}")
        // Younger events are polled while the older ones are not there yet.
        try await zitadel.createUsers(50)
        try await eventually(within: .seconds(10), "polls went by") {
            try await bridge.ops.metric("bridge_polls_total{path=\"poll\",result=\"complete\"}") >= polls + 2
        }
        #expect(try await bridge.published("poll") >= 150)
        try await eventually(within: .seconds(10), "the late ones are committed") {
            try ExpectedRecord.all(inStore: zitadel.store).count > 600
        }
        let audit = try await pipeline.audit(zitadel)
        #expect(audit.events > 600)
        #expect(audit.byPath["webhook"] == nil)
        #expect(audit.cursors > 1)
        #expect(try await bridge.process.terminate() == .exited(0))
    }
}

extension Pipeline {
    /// Waits until everything that Zitadel stored is in the topic, and compares each record and each cursor.
    func audit(_ zitadel: Simulator, within timeout: Duration = .seconds(20)) async throws -> TopicAudit {
        try await TopicAudit(bootstrapServers: bootstrapServers, store: zitadel.store, within: timeout)
    }
}
