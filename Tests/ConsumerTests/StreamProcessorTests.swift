import KafkaMockCluster
import TestSupport
import Testing

@testable import Consumer

@Suite("A consumer with a state topic")
struct StreamProcessorTests {
    private static let topic = "zitadel.state.v1"

    @Test("It publishes what it applies, and says so in metrics and status")
    func publishes() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        try cluster.createTopic(Self.topic, partitions: 3)
        let state = try TemporaryState()
        let records = GoldenHistory.smallRecords()
        try await TopicWriter(cluster).write(records)
        try await ProcessorHarness.run(cluster, state, ["KAFKA_STATE_TOPIC": Self.topic]) { consumer in
            _ = try await consumer.untilConsumed(records.count)
            let reader = try TopicReader(bootstrapServers: cluster.bootstrapServers, topic: Self.topic)
            let export = try state.export()
            _ = try await reader.read("the compacted topic is the export") { $0.compactedText == export }
            await reader.close()
            try await eventually(within: .seconds(20), "nothing waits any more") {
                let users = try await consumer.ops.metric("consumer_state_outbox_users")
                let causes = try await consumer.ops.metric("consumer_state_outbox_causes")
                let status = try await consumer.ops.get("/status").body
                return users + causes == 0
                    && status.contains("\"stateTopic\":{\"topic\":\"\(Self.topic)\",\"publishes\":true,")
            }
            #expect(try await consumer.ops.metric("consumer_state_records_published_total{kind=\"line\"}") > 0)
        }
    }

    @Test("While the state topic takes nothing, events are applied all the same, and the consumer is ready")
    func topicAway() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let records = GoldenHistory.smallRecords()
        try cluster.createTopic(Self.topic, partitions: 3)
        try await TopicWriter(cluster).write(records)
        // TOPIC_AUTHORIZATION_FAILED
        cluster.pushErrors(.produce, Array(repeating: 29, count: 1000))
        let log = try await ProcessorHarness.run(cluster, state, ["KAFKA_STATE_TOPIC": Self.topic]) { consumer in
            try await eventually(within: .seconds(20), "it tells that the topic does not take a record") {
                consumer.log.contains("The state topic did not take the record of a user; trying again")
            }
            _ = try await consumer.untilConsumed(records.count)
            #expect(try await consumer.ops.isReady())
            #expect(try await consumer.ops.get("/status").body.contains("\"failure\":\""))
            cluster.clearErrors(.produce)
            let reader = try TopicReader(bootstrapServers: cluster.bootstrapServers, topic: Self.topic)
            let export = try state.export()
            _ = try await reader.read(within: .seconds(40), "the topic has caught up") { $0.compactedText == export }
            await reader.close()
        }
        #expect(log.count(of: "The state topic did not take the record of a user; trying again") == 1)
    }
}
