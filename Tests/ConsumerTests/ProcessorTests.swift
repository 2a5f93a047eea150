import Consumer
import EventContract
import Foundation
import KafkaClient
import KafkaMockCluster
import Logging
import TestSupport
import Testing

@Suite("The consumer, from the topic to the state")
struct ProcessorTests {
    @Test("The golden history ends in the golden export; replayed by a new group it changes nothing, and says so")
    func historyAndReplay() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        let count = history.events.count
        try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            let outcomes = try await consumer.untilConsumed(count)
            #expect(outcomes.applied > 0)
            #expect(outcomes.setAside == 0)
            #expect(try await consumer.ops.isReady())
        }
        expectSameLines(try state.export(), history.export)
        try await ProcessorHarness.run(cluster, state, ["KAFKA_GROUP_ID": "replay"]) { consumer async throws in
            let outcomes = try await consumer.untilConsumed(count)
            #expect(outcomes == Outcomes(consumed: count, alreadyApplied: count))
        }
        expectSameLines(try state.export(), history.export)
    }

    @Test("When it ends, nothing of a removed user is in the files, also while somebody has them open")
    func erasure() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let events = try GoldenHistory.small().events
        let (golden, writer) = (GoldenHistory.smallRecords(), try TopicWriter(cluster))
        let removal = try #require(events.firstIndex { $0.type == .userRemoved })
        let user = events[removal].subject
        let created = try #require(events[..<removal].last { $0.type == .userCreated && $0.subject == user })
        let email = Data(try #require(created.payload.text(.email)).bytes)
        // Or the last connection that is closed removes the log.
        var reader: StateReader?
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            try await writer.write(Array(golden.prefix(removal)))
            _ = try await consumer.untilConsumed(removal)
            reader = try state.reader()
            #expect(try state.files().range(of: email) != nil)
            try await writer.write(Array(golden.dropFirst(removal)))
            _ = try await consumer.untilConsumed(golden.count)
        }
        #expect(try state.files().range(of: email) == nil)
        withExtendedLifetime(reader) {}
    }

    @Test("A while after a removal the file is written anew, and the log says so; applying goes on")
    func rewriting() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        let (golden, writer) = (GoldenHistory.smallRecords(), try TopicWriter(cluster))
        let log = try await ProcessorHarness.run(cluster, state, ["CONSUMER_VACUUM_AFTER": "1s"]) {
            consumer async throws in
            try await writer.write(Array(golden.dropLast(5)))
            try await eventually(within: .seconds(60), "the file is written anew") {
                consumer.log.contains("State file written anew")
            }
            try await writer.write(Array(golden.suffix(5)))
            _ = try await consumer.untilConsumed(golden.count)
        }
        #expect(log.text.contains("\"duration_ms\""))
        expectSameLines(try state.export(), history.export)
    }

    @Test("What has gathered while the consumer was away is applied before the file is written anew")
    func rewritingComesLast() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        _ = try state.store()
        // Values were emptied in 1970.
        try state.execute("PRAGMA user_version = 1")
        let golden = GoldenHistory.smallRecords()
        try await TopicWriter(cluster).write(golden)
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            try await eventually(within: .seconds(60), "the file is written anew") {
                consumer.log.contains("State file written anew")
            }
            #expect(try await consumer.outcomes().consumed == golden.count)
        }
    }

    @Test("Status tells what was applied, up to when, from which partitions and into which state")
    func status() async throws {
        struct Status: Decodable {
            struct Partition: Decodable {
                let partition: Int
                let position: Int?
                let lag: Int?
            }
            let topic: String
            let group: String
            let state: String
            let records: [String: Int]
            let partitions: [Partition]
            let lag: Int?
            let lastAppliedAt: String?
            let newestEventTime: String?
        }
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let count = try GoldenHistory.small().events.count
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            let ask = { () async throws in
                let answer = try await consumer.ops.get("/status")
                return try JSONDecoder().decode(Status.self, from: Data(answer.body.utf8))
            }
            let empty = try await ask()
            #expect(empty.topic == ProcessorHarness.topic && empty.group == "zitadel-scope-management")
            #expect(empty.state == state.path)
            #expect(empty.records == ["applied": 0, "already_applied": 0, "set_aside": 0])
            #expect(empty.lastAppliedAt == nil && empty.newestEventTime == nil)
            try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
            let outcomes = try await consumer.untilConsumed(count)
            try await eventually("the lag is known to be 0") { try await ask().lag == 0 }
            let full = try await ask()
            #expect(full.records["applied"] == outcomes.applied)
            #expect(full.partitions.map(\.partition) == [0, 1, 2])
            #expect(full.partitions.compactMap(\.position).reduce(0, +) == count)
            #expect(full.partitions.allSatisfy { $0.lag == 0 })
            #expect(full.lastAppliedAt?.hasSuffix("Z") == true)
            let newest = GoldenHistory.smallRecords().compactMap { Self.time(of: $0) }.max()
            #expect(full.newestEventTime == newest)
        }
    }

    /// The record's time, as it stands in its value.
    private static func time(of record: TopicWriter.Record) -> String? {
        let text = String(decoding: record.value ?? [], as: UTF8.self)
        return text.components(separatedBy: "\"time\":\"").dropFirst().first.map { String($0.prefix(27)) }
    }

    @Test("Offsets whose commit fails are never ahead of the state: the restart reads the records again, and no harm")
    func failingCommits() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
        // GROUP_AUTHORIZATION_FAILED, which librdkafka does not try again by itself.
        cluster.pushErrors(.offsetCommit, Array(repeating: 30, count: 1000))
        let log = try await ProcessorHarness.run(cluster, state) { consumer async throws in
            let outcomes = try await consumer.untilConsumed(history.events.count)
            #expect(outcomes.applied > 0)
            try await eventually("a commit failed") {
                try await consumer.ops.metric("consumer_commit_failures_total") > 0
            }
        }
        #expect(log.contains("Offsets not committed"))
        cluster.clearErrors(.offsetCommit)
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            let outcomes = try await consumer.untilConsumed(history.events.count)
            #expect(outcomes.applied == 0)
        }
        expectSameLines(try state.export(), history.export)
    }

    @Test("Offsets that were not committed are committed a little later, also when no further record comes")
    func commitsTriedAgain() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let records = GoldenHistory.smallRecords()
        try await TopicWriter(cluster).write(records)
        let group = try KafkaGroupOffsets(
            KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, clientID: "test"),
            group: "zitadel-scope-management", topic: ProcessorHarness.topic, logger: Logger(label: "test"))
        // Neither is one that librdkafka tries again by itself: REBALANCE_IN_PROGRESS, GROUP_AUTHORIZATION_FAILED.
        let refusals: [Int32] = [27, 30, 27, 30, 30]
        cluster.pushErrors(.offsetCommit, refusals)
        let log = try await ProcessorHarness.run(cluster, state) { consumer async throws in
            _ = try await consumer.untilConsumed(records.count)
            try await eventually(within: .seconds(20), "everything is committed") {
                try await group.positions().allSatisfy { $0.committed == $0.high }
            }
            #expect(try await consumer.ops.metric("consumer_commit_failures_total") == refusals.count)
        }
        #expect(log.count(of: "Offsets not committed") >= 1)
        #expect(log.count(of: "Offsets are committed again") >= 1)
    }

    @Test("A shutdown finishes and commits the batch at hand and leaves the group: the next member reads on behind it")
    func gracefulShutdown() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        let records = Array(repeating: GoldenHistory.smallRecords(), count: 10).flatMap { $0 }
        let count = records.count
        try await TopicWriter(cluster).write(records)
        // Small fetches and slow commits make many batches, so that the stop falls into one of them.
        let environment = [
            "KAFKA_FETCH_MESSAGE_MAX_BYTES": "4000", "KAFKA_QUEUED_MIN_MESSAGES": "1",
            "KAFKA_QUEUED_MAX_MESSAGES_KBYTES": "1", "KAFKA_DEBUG": "cgrp,consumer",
        ]
        cluster.setRoundTrip(milliseconds: 50)
        let log = try await ProcessorHarness.run(cluster, state, environment) { consumer async throws in
            try await eventually(within: .seconds(20), "something is consumed") {
                consumer.log.contains("Record applied")
            }
        }
        cluster.setRoundTrip(milliseconds: 0)
        #expect(log.contains("LeaveGroup response received"))
        let done = log.count(of: "Record applied")
        #expect(done > 0 && done < count, "the stop came in between")
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            _ = try await consumer.untilConsumed(count - done)
            try await TopicWriter(cluster).write([TopicWriter.Record(key: nil, value: nil)])
            _ = try await consumer.untilConsumed(count - done + 1)
        }
        expectSameLines(try state.export(), history.export)
    }

    @Test("Kafka down at the start: alive, not ready with the reason, and at work by itself when Kafka is there")
    func kafkaDownAtStart() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
        cluster.setBroker(up: false)
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            try await eventually(within: .seconds(20), "Kafka was asked in vain") {
                let answer = try await consumer.ops.get("/readyz")
                return answer.status == 503 && answer.body.contains("\"kafka\"") && !answer.body.contains("not asked")
            }
            #expect(try await consumer.ops.get("/livez").status == 200)
            #expect(try await consumer.outcomes() == Outcomes())
            cluster.setBroker(up: true)
            _ = try await consumer.untilConsumed(history.events.count)
            try await eventually("the consumer is ready") { try await consumer.ops.isReady() }
        }
        expectSameLines(try state.export(), history.export)
    }
}
