import TestSupport
import Testing

@Suite("Several consumers on PostgreSQL")
struct ScaleOutTests {
    @Test("One is killed and one leaves while records come in; the rest ends in the state of one consumer on SQLite")
    func killAndLeave() async throws {
        var generator = SeededGenerator(seed: 7)
        let users = MachineUsers(count: 1000, using: &generator)
        let total = users.records.count
        let quarter = total / 4
        let pipeline = try await Pipeline()
        let writer = try TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic)
        let calm = try await pipeline.startConsumer(
            state: "calm.db", ["KAFKA_GROUP_ID": "calm", "LOG_LEVEL": "info"], label: "calm")
        // Small fetches make many small batches, and so many moments between a transaction and its commit.
        let environment = [
            "STATE_URL": PostgresCluster.shared.url(), "KAFKA_FETCH_MESSAGE_MAX_BYTES": "10000",
        ]
        try await writer.write(Array(users.records.prefix(quarter)))
        let consumers = [
            try await pipeline.startConsumer(environment, label: "killed"),
            try await pipeline.startConsumer(environment, label: "leaving"),
            try await pipeline.startConsumer(environment, label: "staying"),
        ]
        try await eventually(within: .seconds(40), "all three have partitions") {
            consumers.allSatisfy { $0.process.log.contains("Partitions assigned") }
        }
        try await writer.write(Array(users.records.dropFirst(quarter).prefix(quarter)))
        try await eventually(within: .seconds(30), "the first one is at work") {
            try await consumers[0].ops.consumed() > 0
        }
        try await consumers[0].process.kill9()
        try await writer.write(Array(users.records.dropFirst(2 * quarter).prefix(quarter)))
        #expect(try await consumers[1].process.terminate() == .exited(0))
        try await writer.write(Array(users.records.dropFirst(3 * quarter)))

        try await eventually(within: .seconds(40), "the calm one has all \(total)") {
            try await calm.ops.consumed() >= total
        }
        let wanted = try await pipeline.export(state: "calm.db")
        try await eventually(within: .seconds(40), "the states are the same") {
            try await pipeline.export(url: PostgresCluster.shared.url()) == wanted
        }
        #expect(try await consumers[2].ops.outcomeSum() == consumers[2].ops.consumed())
        #expect(try await consumers[2].process.terminate() == .exited(0))
    }

    @Test("A second consumer on an SQLite state ends with the reason, and the first goes on")
    func secondOnSQLite() async throws {
        let pipeline = try await Pipeline()
        let first = try await pipeline.startConsumer(label: "first")
        let second = try await ProcessUnderTest.start(
            "zitadel-consumer", ["run"],
            environment: [
                "KAFKA_BOOTSTRAP_SERVERS": pipeline.bootstrapServers, "CONSUMER_OPS_LISTEN": "127.0.0.1:0",
                "CONSUMER_LISTEN": "127.0.0.1:0",
                "STATE_URL": "sqlite://\(pipeline.folder.path("state.db"))",
            ],
            in: pipeline.folder.url, label: "second")
        #expect(try await second.untilEnd() == .exited(1))
        #expect(second.log.contains("is in use by process"))
        #expect(try await pipeline.export().isEmpty)
        #expect(try await first.process.terminate() == .exited(0))
    }
}
