import EventContract
import Foundation
import TestSupport
import Testing

@Suite("Secrets, in a whole run")
struct SecretsTests {
    private struct Secrets: Decodable {
        let never: [String]
        let neverInLogs: [String]
    }

    private static let deadLetters = "\(Pipeline.topic).dlq"
    private static let stateTopic = "zitadel.state.v1"
    /// Part of a record that nobody can read: it may be in the topics and in nothing else.
    private static let unreadable = "canary-unreadable-51c0"
    /// A user of the golden events that there is in the end.
    private static let user = "310000000000000001"

    /// Each of the golden events by webhook, and by a poll where Zitadel's search can return it.
    @Test("Nothing secret of any golden event is in a topic, the state, a log down to trace, a metric or an answer")
    func nowhere() async throws {
        let pipeline = try await Pipeline()
        try StoredHistory.write(GoldenEvent.all, to: pipeline.folder.path("zitadel.store"))
        let zitadel = try await pipeline.startZitadel()
        let trace = ["LOG_LEVEL": "trace"]
        let poller = try await pipeline.startRegisteringBridge(
            zitadelPort: zitadel.port, port: nil, trace, label: "poller")
        try await poller.untilPolling()
        let polled = try await poller.published("poll")
        #expect(polled > 80)
        let bridge = try await pipeline.startBridge(trace)
        let consumer = try await pipeline.startConsumer(trace.merging(["KAFKA_STATE_TOPIC": Self.stateTopic]) { $1 })
        try await bridge.untilReady()
        let posting = Fixtures.repository.appendingPathComponent("Tests/Fixtures/events.jsonl").path
        let simulator = try await pipeline.startSimulator(posting: posting, to: bridge)
        #expect(try await simulator.untilDelivered().delivered > 100)
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic)
            .write([.init(key: [1], value: Array("{\"\(Self.unreadable)\":1}".utf8))])
        let written = try await polled + bridge.published("webhook") + 1
        try await eventually(within: .seconds(40), "\(written) records are consumed, and the state topic is written") {
            guard try await consumer.ops.consumed() == written else { return false }
            let status = try await consumer.ops.get("/metrics").body
            return status.contains("\nconsumer_state_outbox_users 0\n")
        }
        try await expectNoSecrets(pipeline, [poller, bridge, consumer])
    }

    private func expectNoSecrets(_ pipeline: Pipeline, _ programs: [Pipeline.Running]) async throws {
        let secrets = try JSONDecoder().decode(Secrets.self, from: Fixtures.data("secrets.json"))
        let never = secrets.never + [Pipeline.signingKey, Pipeline.ownerToken]
        let neverInLogs = never + secrets.neverInLogs + [Self.unreadable]

        var ops = ""
        for program in programs {
            for path in ["/metrics", "/readyz", "/status"] { ops += try await program.ops.get(path).body }
        }
        expect(Data(ops.utf8), "metrics and status", holds: "bridge_events_total", none: neverInLogs)
        expect(try await answers(of: programs[2], pipeline), "the query API", holds: Self.user, none: never)

        async let events = bytes(of: Pipeline.topic, pipeline)
        async let letters = bytes(of: Self.deadLetters, pipeline)
        async let cursors = bytes(of: TopicAudit.cursorTopic, pipeline)
        async let states = bytes(of: Self.stateTopic, pipeline)
        expect(try await events, Pipeline.topic, holds: secrets.neverInLogs[0], none: never)
        expect(try await letters, Self.deadLetters, holds: Self.unreadable, none: never)
        expect(try await cursors, TopicAudit.cursorTopic, holds: "user.human.added", none: neverInLogs)
        expect(try await states, Self.stateTopic, holds: Self.user, none: never)

        let files = try FileManager.default.contentsOfDirectory(atPath: pipeline.folder.url.path)
        // What Zitadel itself keeps.
        for name in files where name != "zitadel.store" {
            let isLog = name.hasSuffix(".log") || name.hasSuffix(".out")
            let file = try Data(contentsOf: pipeline.folder.url.appendingPathComponent(name))
            let known = ["consumer.log": "Record applied", "bridge.log": "Handling webhook event"][name] ?? ""
            expect(file, name, holds: known, none: isLog ? neverInLogs : never)
        }
        #expect(Set(files).isSuperset(of: ["state.db", "state.db-wal", "consumer.log", "bridge.log", "poller.log"]))
    }

    private func expect(_ bytes: Data, _ place: String, holds known: String, none secrets: [String]) {
        #expect(known.isEmpty || bytes.range(of: Data(known.utf8)) != nil, "this is what is meant by \(place)")
        for secret in secrets {
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret) is in \(place)")
        }
    }

    /// Keys, values and headers of all records of a topic.
    private func bytes(of topic: String, _ pipeline: Pipeline) async throws -> Data {
        let reader = try TopicReader(bootstrapServers: pipeline.bootstrapServers, topic: topic)
        var bytes = Data()
        for record in try await reader.readToEnd() {
            bytes += (record.key ?? []) + (record.value ?? [])
            for header in record.headers { bytes += Array(header.name.utf8) + header.value }
        }
        await reader.close()
        return bytes
    }

    /// Everything that the query API tells of users and groups.
    private func answers(of consumer: Pipeline.Running, _ pipeline: Pipeline) async throws -> Data {
        let port = try await pipeline.port(
            of: consumer.process, after: "\"message\":\"Listening for queries\",\"address\":\"")
        let ids = Set(GoldenEvent.all.compactMap { $0.record?.key })
            .compactMap { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }
        let paths =
            ["/v1/users?limit=500", "/v1/groups"]
            + ids.flatMap { id in ["", "/access", "/history"].map { "/v1/users/\(id)\($0)" } }
        var answers = Data()
        for path in paths {
            answers += Data(try await HTTPExchange.send("GET", port: port, path: path).body.utf8)
        }
        return answers
    }
}

/// The store file of a simulated Zitadel, from webhook bodies.
private enum StoredHistory {
    private struct Body: Decodable {
        let aggregateID: String
        let aggregateType: String
        let resourceOwner: String?
        let sequence: Int64
        let createdAt: String
        let eventType: String
        let userID: String?

        private enum CodingKeys: String, CodingKey {
            case aggregateID, aggregateType, resourceOwner, sequence, userID
            case createdAt = "created_at"
            case eventType = "event_type"
        }
    }

    /// Writes those of the events that a Zitadel could have stored.
    static func write(_ events: [GoldenEvent], to path: String) throws {
        var text = ""
        for event in events where event.search != nil {
            let webhook = try #require(event.webhook)
            let body = try JSONDecoder().decode(Body.self, from: Data(webhook.utf8))
            let time = try #require(EventTime(body.createdAt)).microsecondsSinceEpoch
            let aggregate = [body.aggregateType, body.aggregateID, body.resourceOwner ?? ""]
            let numbers = ["\(body.sequence)", "\(time)", "1"]
            let fields = ["E"] + aggregate + numbers + [body.eventType, body.userID ?? "", try payload(of: webhook)]
            text += fields.joined(separator: "\t") + "\n"
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// - Returns: one line without blanks; empty where the event has none.
    private static func payload(of webhook: String) throws -> String {
        let members = try JSONSerialization.jsonObject(with: Data(webhook.utf8)) as? [String: Any]
        guard let payload = members?["event_payload"] else { return "" }
        return String(decoding: try JSONSerialization.data(withJSONObject: payload), as: UTF8.self)
    }
}
