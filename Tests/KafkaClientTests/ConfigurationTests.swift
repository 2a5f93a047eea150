import KafkaClient
import Logging
import Testing

@Suite struct ConfigurationTests {
    private func refusal(_ name: String, _ value: String) -> KafkaConfigurationError? {
        let configuration = KafkaConfiguration(
            bootstrapServers: "127.0.0.1:1", clientID: "test", properties: [(name: name, value: value)])
        do throws(KafkaConfigurationError) {
            _ = try KafkaProducer(configuration, logger: .silent, observer: nil)
            return nil
        } catch { return error }
    }

    @Test("An unknown property stops the start and is named")
    func unknownProperty() {
        #expect(refusal("linger.sm", "5") == .unknownProperty("linger.sm"))
    }

    @Test("A refused value is not repeated, only its property", arguments: ["message.timeout.ms", "security.protocol"])
    func refusedValue(name: String) {
        let error = refusal(name, "hunter2-secret")
        #expect(error == .refusedValue(property: name))
        #expect(error?.description.contains(name) == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("A value that only fails with the whole configuration is not repeated either")
    func refusedTogether() throws {
        let configuration = KafkaConfiguration(
            bootstrapServers: "127.0.0.1:1", clientID: "test",
            properties: [
                (name: "security.protocol", value: "SSL"), (name: "ssl.ca.location", value: "/no/hunter2.pem"),
            ])
        let error = #expect(throws: KafkaConfigurationError.self) {
            _ = try KafkaProducer(configuration, logger: .silent, observer: nil)
        }
        let text = try #require(error).description
        #expect(text.contains("ssl.ca.location"))
        #expect(!text.contains("hunter2"))
    }

    @Test(
        "A property that would break a promise is refused with its reason",
        arguments: [
            ("enable.idempotence", "false"), ("acks", "1"), ("acks", "0"), ("request.required.acks", "1"),
            ("enable.auto.commit", "true"), ("enable.auto.offset.store", "true"),
            ("delivery.report.only.error", "true"), ("transactional.id", "mine"), ("test.mock.num.brokers", "3"),
        ])
    func brokenPromise(name: String, value: String) {
        guard case .breaksPromise(let property, let reason) = refusal(name, value) else {
            Issue.record("\(name)=\(value) was taken")
            return
        }
        #expect(property == name)
        #expect(!reason.isEmpty)
    }

    @Test(
        "The same properties with the promised values are taken",
        arguments: [
            ("enable.idempotence", "true"), ("acks", "all"), ("acks", "-1"), ("request.required.acks", "all"),
            ("enable.auto.commit", "false"), ("linger.ms", "5"), ("message.timeout.ms", "2500"),
        ])
    func keptPromise(name: String, value: String) {
        #expect(refusal(name, value) == nil)
    }

    @Test("Properties that contradict each other are refused by librdkafka's own words")
    func contradiction() {
        guard case .refusedClient(let reason) = refusal("max.in.flight.requests.per.connection", "100") else {
            Issue.record("taken")
            return
        }
        #expect(reason.contains("max.in.flight"))
    }

    @Test("Records larger than our fetches are no reason not to start")
    func largeRecords() throws {
        let configuration = KafkaConfiguration(
            bootstrapServers: "127.0.0.1:1", clientID: "test",
            properties: [(name: "message.max.bytes", value: "9000000")])
        _ = try KafkaRangeReader(configuration, topic: "t", logger: .silent)
        try KafkaConsumer(configuration, groupID: "g", topics: ["t"], logger: .silent, observer: nil).close()
    }

    @Test("A topic name that is none is refused")
    func topicName() throws {
        let producer = try KafkaProducer(
            KafkaConfiguration(bootstrapServers: "127.0.0.1:1", clientID: "test"), logger: .silent, observer: nil)
        #expect(throws: KafkaConfigurationError.refusedTopicName("")) { try producer.topic("") }
        #expect(try producer.topic("a") === producer.topic("a"))
    }
}
