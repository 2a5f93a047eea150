import EventContract
import KafkaMockCluster
import TestSupport
import Testing

@testable import Consumer

/// Each run is stopped in between; a second one of the same group, with an empty state, shows what was committed.
@Suite("Offsets are committed last")
struct ProcessorOrderTests {
    @Test("While the transaction is not through no offset is committed: an empty state of the group gets every record")
    func transactionFirst() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let history = try GoldenHistory.small()
        try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
        let locked = try TemporaryState()
        _ = try locked.store()
        let other = try SQLiteConnection(path: locked.path, mode: .readWrite)
        try other.execute("BEGIN IMMEDIATE")
        try await ProcessorHarness.run(cluster, locked) { consumer async throws in
            try await eventually("a transaction failed") {
                try await consumer.ops.metric("consumer_apply_failures_total") > 0
            }
        }
        let state = try TemporaryState()
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            _ = try await consumer.untilConsumed(history.events.count)
        }
        expectSameLines(try state.export(), history.export)
    }

    @Test("While a dead letter is not acknowledged no offset is committed, and the consumer says why it is not ready")
    func deadLettersFirst() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let history = try GoldenHistory.small()
        let count = history.events.count + 3
        let unreadable = ["a", "b", "c"].map { TopicWriter.Record(key: Array($0.utf8), value: Array("x".utf8)) }
        try await TopicWriter(cluster).write(unreadable)
        // The dead letter topic takes nothing: TOPIC_AUTHORIZATION_FAILED.
        cluster.pushErrors(.produce, Array(repeating: 29, count: 1000))
        let first = try TemporaryState()
        try await ProcessorHarness.run(cluster, first) { consumer async throws in
            try await eventually("the dead letters' topic shows") {
                let answer = try await consumer.ops.get("/readyz")
                return answer.status == 503 && answer.body.contains(ProcessorHarness.deadLetterTopic)
            }
        }
        cluster.clearErrors(.produce)
        try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
        let state = try TemporaryState()
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            #expect(try await consumer.untilConsumed(count).setAside == 3)
            try await eventually("the consumer is ready") { try await consumer.ops.isReady() }
        }
        expectSameLines(try state.export(), history.export)
    }
}
