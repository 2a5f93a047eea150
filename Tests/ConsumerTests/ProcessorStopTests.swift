import KafkaClient
import KafkaMockCluster
import Logging
import TestSupport
import Testing

@testable import Consumer

@Suite("Many dead letters, and the end of the loop")
struct ProcessorStopTests {
    private static func unreadable(_ count: Int) -> [TopicWriter.Record] {
        (0..<count).map { TopicWriter.Record(key: Array("k\($0)".utf8), value: Array("x".utf8)) }
    }

    /// Reads the dead letter topic until the condition holds.
    private static func letters(
        in cluster: KafkaMockCluster, _ what: String, until isDone: @Sendable ([StoredRecord]) -> Bool
    ) async throws -> [StoredRecord] {
        let reader = try TopicReader(
            bootstrapServers: cluster.bootstrapServers, topic: ProcessorHarness.deadLetterTopic)
        let letters = try await reader.read(within: .seconds(60), what, until: isDone)
        await reader.close()
        return letters
    }

    private static func origins(_ letters: [StoredRecord]) -> Set<String> {
        Set(letters.map { "\($0.header("dlq-origin-partition") ?? "")/\($0.header("dlq-origin-offset") ?? "")" })
    }

    @Test("Thousands of unreadable records and slow brokers: each is set aside once, in seconds")
    func slowBrokers() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let count = 5000
        try await TopicWriter(cluster).write(Self.unreadable(count))
        cluster.setRoundTrip(milliseconds: 60)
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            // One after the other they would take five minutes.
            let outcomes = try await consumer.untilConsumed(count, within: .seconds(90))
            #expect(outcomes == Outcomes(consumed: count, setAside: count))
            // A batch does not grow while its letters take the time.
            #expect(try await consumer.ops.metric("consumer_batch_limit_records") == BatchSize.bounds.lowerBound)
        }
        cluster.setRoundTrip(milliseconds: 0)
        let letters = try await Self.letters(in: cluster, "all dead letters are there") { $0.count >= count }
        #expect(letters.count == count && Self.origins(letters).count == count)
    }

    @Test("A stop does not wait for all dead letters of a batch, and none is lost by it")
    func stopAmidSlowLetters() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let (first, second) = (try TemporaryState(), try TemporaryState())
        let count = 5000
        try await TopicWriter(cluster).write(Self.unreadable(count))
        cluster.setRoundTrip(milliseconds: 300)
        var stopped = ContinuousClock.now
        try await ProcessorHarness.run(cluster, first) { consumer async throws in
            try await eventually(within: .seconds(60), "dead letters are on their way") {
                consumer.log.contains("Record set aside")
            }
            stopped = ContinuousClock.now
        }
        #expect(ContinuousClock.now - stopped < .seconds(20))
        cluster.setRoundTrip(milliseconds: 0)
        try await ProcessorHarness.run(cluster, second) { _ async throws in
            _ = try await Self.letters(in: cluster, "each record is set aside") { Self.origins($0).count == count }
        }
    }

    @Test("A stop while no dead letter is taken comes soon and commits nothing: the next run sets all aside, once")
    func stopAmidRefusedLetters() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let (first, second) = (try TemporaryState(), try TemporaryState())
        let count = 2000
        try await TopicWriter(cluster).write(Self.unreadable(count))
        // The dead letter topic takes nothing: TOPIC_AUTHORIZATION_FAILED.
        cluster.pushErrors(.produce, Array(repeating: 29, count: 10_000))
        var stopped = ContinuousClock.now
        try await ProcessorHarness.run(cluster, first) { consumer async throws in
            try await eventually(within: .seconds(30), "dead letters were refused twice") {
                consumer.log.count(of: "Dead letter not acknowledged") >= 2
            }
            stopped = ContinuousClock.now
        }
        #expect(ContinuousClock.now - stopped < .seconds(20))
        cluster.clearErrors(.produce)
        try await ProcessorHarness.run(cluster, second) { consumer async throws in
            let outcomes = try await consumer.untilConsumed(count, within: .seconds(60))
            #expect(outcomes.setAside == count)
        }
        let letters = try await Self.letters(in: cluster, "all dead letters are there") { $0.count >= count }
        #expect(letters.count == count && Self.origins(letters).count == count)
    }

    @Test("Offsets that a rebalancing group refused are committed when the consumer stops")
    func commitsAtTheEnd() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let records = GoldenHistory.smallRecords()
        try await TopicWriter(cluster).write(records)
        let group = try KafkaGroupOffsets(
            KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, clientID: "test"),
            group: "zitadel-scope-management", topic: ProcessorHarness.topic, logger: Logger(label: "test"))
        // REBALANCE_IN_PROGRESS, which librdkafka does not try again by itself.
        cluster.pushErrors(.offsetCommit, Array(repeating: 27, count: 1000))
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            _ = try await consumer.untilConsumed(records.count)
            try await eventually(within: .seconds(30), "the next attempt is more than a second away") {
                try await consumer.ops.metric("consumer_commit_failures_total") >= 6
            }
            cluster.clearErrors(.offsetCommit)
        }
        #expect(try await group.positions().allSatisfy { $0.committed == $0.high })
    }
}
