import KafkaClient
import KafkaMockCluster
import Logging
import TestSupport
import Testing

@Suite struct DestroyTests {
    /// Far above what giving a client to another thread takes, and below what its end can take here.
    private static let limit = Duration.milliseconds(500)

    @Test("A member that is dropped without leaving its group holds up no task while it leaves")
    func droppedMember() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 1)
        var consumer: KafkaConsumer? = try KafkaConsumer(
            KafkaConfiguration(cluster), groupID: "g", topics: ["t"], logger: .silent, observer: nil)
        try await eventually("a member") {
            _ = try consumer?.next(max: 1, timeout: .milliseconds(20))
            return consumer?.assignment.isEmpty == false
        }
        // Leaving takes an answer.
        cluster.setRoundTrip(milliseconds: 2000)
        let start = ContinuousClock.now
        consumer = nil
        #expect(ContinuousClock.now - start < Self.limit)
        cluster.setRoundTrip(milliseconds: 0)
    }

    @Test("Clusters that are dropped hold up no task")
    func droppedClusters() async throws {
        for _ in 0..<5 {
            var cluster: KafkaMockCluster? = try KafkaMockCluster()
            let producer = try KafkaProducer(cluster!)
            let reports = ReportCount()
            try producer.produce("x", to: producer.topic("t"), CountingReceiver(reports))
            try await producer.serve(until: 1, reports)
            let start = ContinuousClock.now
            cluster = nil
            #expect(ContinuousClock.now - start < Self.limit)
        }
    }

    @Test("Every thread of a dropped client ends")
    func threadsEnd() async throws {
        for _ in 0..<10 {
            _ = try KafkaConsumer(
                KafkaConfiguration(bootstrapServers: "127.0.0.1:1", clientID: "test"), groupID: "g", topics: ["t"],
                logger: .silent, observer: nil)
        }
        try await eventually("no thread is left that ends a client") {
            threadCount(named: "kafka-close") + threadCount(named: "kafka-destroy") == 0
        }
    }
}
