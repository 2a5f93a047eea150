import Foundation
import TestSupport
import Testing

@Suite("Commands of the bridge, against a simulated Zitadel")
struct BridgeCommandTests {
    @Test("One poll publishes everything, a second one nothing, also beside a bridge that runs")
    func pollOnce() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await SimulatedAPI(in: pipeline)
        try await zitadel.createUsers(100)
        let settings = zitadel.settings(pipeline)
        let first = try await pipeline.bridge(["poll", "--once"], settings)
        #expect(first.output.contains("poll complete") && first.output.contains("302 published"), "\(first.output)")

        let second = try await pipeline.bridge(["poll", "--once", "--json"], settings)
        // Of the organization, which is younger than the overlap.
        #expect(try second.number("events") == 2)
        #expect(try second.number("published") == 0)

        let bridge = try await pipeline.startBridge(settings)
        try await bridge.untilReady()
        let third = try await pipeline.bridge(["poll", "--once", "--json"], settings)
        #expect(try third.number("published") == 0)
        #expect(try await bridge.ops.isReady())
        try await pipeline.expectRecords(302)
    }

    @Test("A backfill that was stopped goes on where it was, and what it published stays")
    func backfillResumes() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await SimulatedAPI(in: pipeline)
        try await zitadel.createUsers(2000)
        let settings = zitadel.settings(pipeline)
        let slow = try await pipeline.start(["backfill", "--since", "beginning", "--rate", "1000"], settings)
        _ = try await slow.said(after: "Backfill goes on", upTo: "\n")
        #expect(try await slow.terminate() == .exited(1), "\(slow.log)")
        #expect(slow.log.contains("Run it again: it goes on where it stopped."), "\(slow.log)")

        let rest = try await pipeline.bridge(
            ["backfill", "--since", "beginning", "--rate", "100000", "--json"], settings)
        let read = try rest.number("events")
        #expect(0 < read && read < 6002, "\(read)")
        try await pipeline.expectRecords(6002)

        let again = try await pipeline.bridge(["backfill", "--since", "beginning", "--json"], settings)
        #expect(try again.number("events") == 2)
        let restarted = try await pipeline.bridge(
            ["backfill", "--since", "beginning", "--rate", "100000", "--restart", "--json"], settings)
        #expect(try restarted.number("events") == 6002)
    }

    @Test("A dry run counts by type what lies behind the time, and needs no Kafka")
    func dryRun() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await SimulatedAPI(in: pipeline)
        try await zitadel.createUsers(100)
        let settings = zitadel.settings(pipeline).merging(["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"]) { $1 }
        let all = try await pipeline.bridge(["backfill", "--since", "beginning", "--dry-run"], settings)
        #expect(all.output.contains("100  user.human.added\n"), "\(all.output)")
        #expect(all.output.contains("302  events would be published"), "\(all.output)")
        let none = try await pipeline.bridge(["backfill", "--since", "2999-01-01", "--dry-run", "--json"], settings)
        #expect(try none.number("events") == 0)
    }

    @Test("Status shows a running bridge, and says what to do when there is none")
    func status() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await SimulatedAPI(in: pipeline)
        try await zitadel.createUsers(10)
        let bridge = try await pipeline.startBridge(zitadel.settings(pipeline))
        try await bridge.untilReady()
        try await eventually("everything was polled") {
            try await bridge.ops.metric("bridge_events_total{path=\"poll\",outcome=\"published\"}") == 32
        }
        let url = "http://127.0.0.1:\(bridge.ops.port)"
        let shown = try await pipeline.bridge(["status", "--url", url])
        for words in [": ready", "instance \(Pipeline.instance)", "disabled", "elected", "published"] {
            #expect(shown.output.contains(words), "\(shown.output)")
        }
        let json = try await pipeline.bridge(
            ["status", "--json"], ["BRIDGE_OPS_LISTEN": "0.0.0.0:\(bridge.ops.port)"])
        #expect(json.output.hasPrefix("{\"version\":"), "\(json.output)")

        let nobody = try await pipeline.bridge(["status", "--url", "http://127.0.0.1:1"], exits: 1)
        #expect(nobody.log.contains("zitadel-bridge run"), "\(nobody.log)")
        let other = try await pipeline.bridge(["status", "--url", zitadel.url], exits: 1)
        #expect(other.log.contains("is no bridge"), "\(other.log)")
    }

    @Test("Doctor proves key and instance by a signed probe that is not published")
    func doctor() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await SimulatedAPI(in: pipeline)
        // The bridge learns the key of the target it registers, whatever the address says.
        let settings = zitadel.settings(pipeline).merging([
            "ZITADEL_SIGNING_KEY": "", "ZITADEL_WEBHOOK_ENDPOINT": "http://127.0.0.1:1/webhook/zitadel-events",
        ]) { $1 }
        let bridge = try await pipeline.startBridge(settings)
        _ = try await bridge.process.said(after: "Zitadel Actions v2 registration complete", upTo: "\n")
        let endpoint = "http://127.0.0.1:\(bridge.port)/webhook/zitadel-events"
        let asked = zitadel.settings(pipeline).merging(["ZITADEL_WEBHOOK_ENDPOINT": endpoint]) { $1 }
        let good = try await pipeline.bridge(["doctor"], asked)
        #expect(good.output.contains("signed with the key of Zitadel's target"), "\(good.output)")
        #expect(good.output.contains("warn  registration") && good.output.contains("deny list"), "\(good.output)")
        #expect(!good.output.contains("\nfail"), "\(good.output)")
        #expect(try await bridge.ops.metric("bridge_events_total{path=\"webhook\",outcome=\"unknown_type\"}") == 1)

        let unregistered = try await pipeline.bridge(["unregister"], asked)
        #expect(!unregistered.output.contains(SimulatedAPI.ownerToken))
        let wrongKey = try await pipeline.bridge(
            ["doctor", "--json"], asked.merging(["ZITADEL_SIGNING_KEY": "another-key"]) { $1 }, exits: 1)
        #expect(wrongKey.output.contains("refuses the signature (401)"), "\(wrongKey.output)")
        #expect(wrongKey.output.contains("\"ok\":false") && !wrongKey.output.contains("another-key"))
        let nowhere = try await pipeline.bridge(
            ["doctor"],
            asked.merging([
                "ZITADEL_SIGNING_KEY": "key", "ZITADEL_WEBHOOK_ENDPOINT": "http://127.0.0.1:1/webhook/zitadel-events",
                "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            ]) { $1 }, exits: 1)
        #expect(nowhere.output.contains("fail  endpoint") && nowhere.output.contains("fail  kafka"))
    }
}

extension Pipeline {
    /// Expects that many records of as many events in the topic.
    func expectRecords(_ count: Int) async throws {
        let reader = try TopicReader(bootstrapServers: bootstrapServers, topic: Self.topic)
        let records = try await reader.readToEnd()
        await reader.close()
        #expect(Set(records.compactMap { $0.header("ce_id") }).count == count)
    }
}
