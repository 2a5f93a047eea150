import Foundation
import KafkaMockCluster
import TestSupport
import Testing

@Suite("Nothing is lost: outages, in processes of their own")
struct OutageTests {
    @Test(
        "What Zitadel posts while Kafka is down is in the topic within seconds of its return",
        arguments: ["shorter than the election's session", "longer than it"])
    func kafkaDown(_ length: String) async throws {
        let isLong = length == "longer than it"
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(Pipeline.topic, partitions: 12)
        try cluster.createTopic(TopicAudit.cursorTopic, partitions: 1)
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        let bridge = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: FreePort.next(),
            [
                "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "KAFKA_MESSAGE_TIMEOUT_MS": "1000",
            ])
        try await bridge.untilRegistered()
        try await bridge.untilPolling()
        try await zitadel.createTeam(1)
        _ = try await zitadel.untilDelivered()
        let key = try #require(try await zitadel.send("GET", "/targets", "").values(of: "signingKey").first)
        let polled = try await bridge.published("poll")

        cluster.setBroker(up: false)
        let known = Set(try ExpectedRecord.all(inStore: zitadel.store).map(\.id))
        // Its one connection would take a second for each of them: they are posted here, 500 at a time.
        try await zitadel.createUsers(isLong ? 334 : 150, webhooks: false)
        let bodies = try ExpectedRecord.all(inStore: zitadel.store).filter { !known.contains($0.id) }.map(\.webhook)
        #expect(bodies.count >= (isLong ? 1000 : 450))
        for start in stride(from: 0, to: bodies.count, by: 500) {
            let statuses = await WebhookWave.post(Array(bodies[start...].prefix(500)), key: key, to: bridge.port)
            #expect(Set(statuses) == [503])
        }
        if isLong {
            try await eventually(within: .seconds(15), "the election is lost") { try await !bridge.isElected() }
        }
        try await eventually("it is not ready") { try await !bridge.ops.isReady() }

        cluster.setBroker(up: true)
        let start = ContinuousClock.now
        try await eventually(within: .seconds(20), "they are in the topic") {
            try await bridge.published("poll") >= polled + bodies.count
        }
        // 0.5 to 3.5 s here; the interval of polls is 5 minutes.
        let duration = ContinuousClock.now - start
        #expect(duration < .seconds(15), "Kafka was down \(length)")
        let audit = try await TopicAudit(bootstrapServers: cluster.bootstrapServers, store: zitadel.store)
        #expect(audit.byPath["poll"] ?? 0 >= bodies.count)
        #expect(try await bridge.process.terminate() == .exited(0))
    }

    @Test("A Zitadel that is killed in the middle of its webhooks loses nothing that it stored")
    func zitadelKilled() async throws {
        let pipeline = try await Pipeline()
        var zitadel = try await pipeline.startZitadel()
        let bridge = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: FreePort.next(), ["BRIDGE_POLL_INTERVAL": "1s"])
        try await bridge.untilRegistered()
        try await bridge.untilPolling()
        for round in 1...3 {
            let before = try await bridge.published("webhook")
            try await zitadel.createUsers(150)
            try await eventually(within: .seconds(10), "some webhooks came in round \(round)") {
                try await bridge.published("webhook") > before + 20
            }
            try await zitadel.process.kill9()
            zitadel = try await pipeline.startZitadel(again: zitadel, label: "zitadel-\(round)")
        }
        try await zitadel.createTeam(1)
        let statistics = try await zitadel.untilDelivered()
        #expect(statistics.delivered > 0, "targets and executions are those of before")
        let audit = try await pipeline.audit(zitadel)
        #expect(audit.events > 1350)
        #expect(audit.byPath["poll"] ?? 0 > 0)
        #expect(audit.cursors > 1)
        #expect(try await bridge.process.terminate() == .exited(0))
    }

    @Test("When the bridge that polls is killed, the other one takes over within seconds")
    func pollerKilled() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await pipeline.startZitadel()
        let endpoint = FreePort.next()
        let environment = [
            "BRIDGE_POLL_INTERVAL": "1s", "KAFKA_SESSION_TIMEOUT_MS": "4000", "KAFKA_HEARTBEAT_INTERVAL_MS": "500",
        ]
        let poller = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: FreePort.next(), endpointPort: endpoint, environment, label: "poller")
        try await poller.untilPolling()
        let other = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: endpoint, environment, label: "other")
        try await other.untilRegistered()
        _ = try await other.process.said(after: "\"message\":\"Partitions assigned", upTo: "\"")
        try await zitadel.setFaults("{\"drop\":0.5}")
        try await zitadel.createUsers(150)
        try await eventually(within: .seconds(10), "the poller finds what was dropped") {
            try await poller.published("poll") > 0
        }
        #expect(try await !other.isElected())
        try await zitadel.createUsers(150)
        try await poller.process.kill9()
        let killed = ContinuousClock.now
        try await zitadel.createTeam(1)
        try await eventually(within: .seconds(15), "the other one polls") { try await other.isElected() }
        #expect(ContinuousClock.now - killed < .seconds(12))
        let audit = try await pipeline.audit(zitadel)
        #expect(audit.events > 900)
        #expect(audit.byPath["webhook"] ?? 0 > 0)
        // What the poller found before its webhook came: nobody looks into the topic before answering one.
        #expect(audit.duplicates < audit.events, "\(audit.duplicates) of \(audit.events)")
        #expect(try await other.process.terminate() == .exited(0))
    }
}
