import Foundation
import KafkaMockCluster
import TestSupport
import Testing
import ZitadelClient

@Suite("Topics that are missing and that nobody may create, in processes of their own")
struct MissingTopicTests {
    private static let deadLetterTopic = "zitadel.events.v1.dlq"
    private static let unknownTopic: Int32 = 3

    @Test("The bridge refuses, says which topic is missing and what to do, and goes on when it is there")
    func bridge() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(Pipeline.topic, partitions: 4)
        cluster.setTopicError(Pipeline.topic, Self.unknownTopic)
        let pipeline = try await Pipeline()
        let bridge = try await pipeline.startBridge([
            "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "KAFKA_MESSAGE_TIMEOUT_MS": "1000",
            "KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS": "500",
        ])
        try await untilNotReady(bridge, "topic \(Pipeline.topic) is missing: create it")
        try await eventually(within: .seconds(30), "the log says what to do") {
            bridge.process.log.contains("Topic is missing and cannot be created: create it by hand")
        }
        #expect(try await bridge.ops.get("/livez").status == 200)
        for number in 1...3 { #expect(try await post(number, to: bridge) == 503) }
        #expect(try await bridge.ops.metric("bridge_events_total{path=\"webhook\",outcome=\"kafka_failed\"}") == 3)

        cluster.setTopicError(Pipeline.topic, 0)
        try await bridge.untilReady()
        try await eventually(within: .seconds(30), "an event is accepted") { try await post(4, to: bridge) == 204 }
        #expect(try await bridge.process.terminate() == .exited(0))
        #expect(!bridge.process.log.contains(Pipeline.signingKey))
        let reader = try TopicReader(bootstrapServers: cluster.bootstrapServers, topic: Pipeline.topic)
        let values = try await reader.readToEnd().map { String(decoding: $0.value ?? [], as: UTF8.self) }
        await reader.close()
        #expect(values.contains { $0.contains("\"id\":\"user/310000000000000004/1\"") })
        #expect(!values.contains { $0.contains("\"id\":\"user/310000000000000001/1\"") }, "refused is not published")
    }

    @Test("The consumer is not ready and says which topic is missing, of events or of dead letters; nothing is lost")
    func consumer() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(Pipeline.topic, partitions: 4)
        try cluster.createTopic(Self.deadLetterTopic, partitions: 1)
        var generator = SeededGenerator(seed: 2)
        let users = MachineUsers(count: 20, using: &generator)
        let unreadable = TopicWriter.Record(key: Array("k".utf8), value: Array("no event".utf8))
        try await TopicWriter(bootstrapServers: cluster.bootstrapServers, topic: Pipeline.topic)
            .write(users.records + [unreadable])
        for topic in [Pipeline.topic, Self.deadLetterTopic] { cluster.setTopicError(topic, Self.unknownTopic) }
        let pipeline = try await Pipeline()
        let consumer = try await pipeline.startConsumer([
            "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "KAFKA_MESSAGE_TIMEOUT_MS": "1000",
            "KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS": "500",
        ])
        try await untilNotReady(consumer, "topic \(Pipeline.topic) is missing")
        try await eventually(within: .seconds(30), "the log says what to do") {
            consumer.process.log.contains("Topic is missing and cannot be created: create it by hand")
        }
        #expect(try await consumer.ops.get("/livez").status == 200)
        #expect(try await consumer.ops.consumed() == 0)

        cluster.setTopicError(Pipeline.topic, 0)
        try await untilNotReady(consumer, "topic \(Self.deadLetterTopic) takes no dead letter")
        #expect(try await consumer.ops.metric("consumer_records_total{outcome=\"set_aside\"}") == 0)

        cluster.setTopicError(Self.deadLetterTopic, 0)
        try await eventually(within: .seconds(30), "every record is consumed") {
            try await consumer.ops.consumed() == users.records.count + 1
        }
        try await consumer.untilReady()
        #expect(try await consumer.ops.metric("consumer_records_total{outcome=\"set_aside\"}") == 1)
        #expect(try await consumer.process.terminate() == .exited(0))
        let reader = try TopicReader(bootstrapServers: cluster.bootstrapServers, topic: Self.deadLetterTopic)
        let letters = try await reader.readToEnd()
        await reader.close()
        #expect(letters.map(\.value) == [Array("no event".utf8)])
    }

    private func untilNotReady(_ program: Pipeline.Running, _ reason: String) async throws {
        try await eventually(within: .seconds(40), "not ready: \(reason)") {
            let answer = try await program.ops.get("/readyz")
            return answer.status == 503 && answer.body.contains(reason)
        }
    }

    /// Posts an event as Zitadel does.
    private func post(_ number: Int, to bridge: Pipeline.Running) async throws -> Int {
        let body = Array(
            """
            {"aggregateID":"31000000000000000\(number)","aggregateType":"user","instanceID":"\(Pipeline.instance)",\
            "sequence":1,"event_type":"user.locked","created_at":"2026-01-02T03:04:05.678901Z"}
            """.utf8)
        let signature = WebhookSigner.signatureHeader(
            key: Pipeline.signingKey, timestamp: Int64(Date().timeIntervalSince1970), body: body)
        return try await HTTPExchange.send(
            "POST", port: bridge.port, path: "/webhook/zitadel-events", headers: [("ZITADEL-Signature", signature)],
            body: body
        ).status
    }
}
