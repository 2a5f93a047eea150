import KafkaClient
import KafkaMockCluster
import Logging
import Synchronization
import TestSupport
import Testing

@Suite struct ServiceTests {
    @Test("A producer served by its own thread publishes from tasks and closes when it is asked to stop")
    func producerService() async throws {
        let cluster = try KafkaMockCluster()
        let producer = try KafkaProducer(cluster)
        let topic = try producer.topic("t")
        try await withThrowingTaskGroup { group in
            group.addTask { await KafkaProducerService(producer).run() }
            try await producer.publish(to: topic, key: [1], value: [2, 3], headers: [("h", [4])])
            try await producer.publish(to: topic, key: nil, value: [])
            try await producer.publish(to: topic, key: [], value: nil)
            group.cancelAll()
            try await group.waitForAll()
        }
        await #expect(throws: PublishError.closed) { try await producer.publish(to: topic, key: [], value: []) }
        let seen = try await GroupMember(cluster, "t").read { $0.count == 3 }
        #expect(seen.contains { $0.key == [1] && $0.value == [2, 3] && $0.headers == ["h": [4]] })
        #expect(seen.contains { $0.key == nil && $0.value == [] })
        #expect(seen.contains { $0.key == [] && $0.value == nil })
    }

    @Test("librdkafka's own log and errors come to the logger and the observer")
    func logAndErrors() async throws {
        let cluster = try KafkaMockCluster()
        cluster.setBroker(up: false)
        let lines = LogLines()
        let errors = ErrorNames()
        let producer = try KafkaProducer(KafkaConfiguration(cluster), logger: lines.logger, observer: errors)
        try await eventually("a line of librdkafka and an error") {
            producer.serveEvents()
            return lines.count(containing: "librdkafka") > 0 && errors.names.contains("_ALL_BROKERS_DOWN")
        }
    }

    @Test("Health turns red with the broker and green again, with one line for each change")
    func health() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 7)
        let producer = try KafkaProducer(cluster)
        let lines = LogLines()
        cluster.setBroker(up: false)
        let changes = Mutex<[Bool]>([])
        let health = KafkaHealth(producer.handle, topic: "t", logger: lines.logger) { state in
            changes.withLock { $0.append(state.isReachable) }
        }
        #expect(health.state == .unknown)
        try await withThrowingTaskGroup { group in
            group.addTask { await health.run() }
            try await eventually("red") { health.state.isUnreachable }
            cluster.setBroker(up: true)
            try await eventually("green") { health.state == .reachable(partitions: 7) }
            cluster.setBroker(up: false)
            // Noticed at once when somebody has a reason to doubt; by itself only within 5 s.
            let doubted = ContinuousClock.now
            health.askSoon()
            try await eventually("red again") { health.state.isUnreachable }
            #expect(ContinuousClock.now - doubted < .seconds(4))
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(changes.withLock { $0 } == [false, true, false])
        #expect(lines.count(containing: "Kafka does not answer") == 2)
        #expect(lines.count(containing: "Kafka answers") == 1)
    }

    @Test("Health names a topic that is missing")
    func missingTopic() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 1)
        cluster.setTopicError("t", 3)
        let producer = try KafkaProducer(cluster)
        let health = KafkaHealth(producer.handle, topic: "t", logger: .silent)
        try await withThrowingTaskGroup { group in
            group.addTask { await health.run() }
            try await eventually("missing") { health.state == .topicMissing(name: "t") }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("A topic that exists is left alone; one the brokers cannot create on request is left to them, with one line")
    func adminFallback() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("there", partitions: 5)
        let producer = try KafkaProducer(cluster)
        let lines = LogLines()
        let admin = KafkaAdmin(producer.handle, logger: lines.logger)
        let there = try await admin.ensureTopic("there", partitions: 12, timeout: .seconds(5))
        #expect(there == .exists(partitions: 5))
        let new = try await admin.ensureTopic(
            "new", partitions: 12, config: [("cleanup.policy", "delete")], timeout: .seconds(1))
        guard case .leftToAutoCreation = new else {
            Issue.record("\(new)")
            return
        }
        #expect(lines.count(containing: "made this one with their own settings") == 1)
        let description = try await admin.describeTopic("new", timeout: .seconds(1))
        #expect(description?.partitions == 4)
        #expect(description?.configuration == nil)
        #expect(try await admin.describeTopic("nowhere", timeout: .seconds(1)) == nil)
    }

    @Test("With no broker the administration says so in time")
    func adminWithoutBroker() async throws {
        let cluster = try KafkaMockCluster()
        cluster.setBroker(up: false)
        let producer = try KafkaProducer(cluster)
        let error = await #expect(throws: KafkaAdminError.self) {
            try await KafkaAdmin(producer.handle, logger: .silent)
                .ensureTopic("t", partitions: 1, timeout: .milliseconds(500))
        }
        #expect(error?.disposition == .retry)
    }
}

private final class ErrorNames: KafkaObserver {
    private let seen = Mutex<[String]>([])
    var names: [String] { seen.withLock { $0 } }
    func brokerError(_ error: KafkaBrokerError) { seen.withLock { $0.append(error.name) } }
}

extension KafkaHealth.State {
    fileprivate var isUnreachable: Bool {
        if case .unreachable = self { true } else { false }
    }
}
