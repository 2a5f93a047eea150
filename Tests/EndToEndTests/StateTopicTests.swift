import TestSupport
import Testing

@Suite("The state topic")
struct StateTopicTests {
    private static let topic = "zitadel.state.v1"

    @Test("A consumer is killed again and again; then the compacted topic is the export")
    func killed() async throws {
        var generator = SeededGenerator(seed: 5)
        let users = MachineUsers(count: 600, using: &generator)
        let pipeline = try await Pipeline()
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic).write(users.records)
        // Small fetches make many small batches, and so many moments between a transaction and its records.
        let environment = [
            "KAFKA_STATE_TOPIC": Self.topic, "KAFKA_FETCH_MESSAGE_MAX_BYTES": "10000", "LOG_LEVEL": "info",
        ]
        for round in 0..<2 {
            let consumer = try await pipeline.startConsumer(environment, label: "killed-\(round)")
            let moment = Int.random(in: 1...users.records.count / 5, using: &generator)
            try await eventually(within: .seconds(30), "\(moment) records are consumed in round \(round)") {
                try await consumer.ops.consumed() >= moment
            }
            try await consumer.process.kill9()
        }
        let last = try await pipeline.startConsumer(environment, label: "last")
        try await Self.untilEqual(pipeline, users: 600) { try await pipeline.export() }
        #expect(try await last.process.terminate() == .exited(0))
    }

    @Test("Two consumers on PostgreSQL, of which the one that publishes is killed, end in one topic")
    func killedPublisher() async throws {
        var generator = SeededGenerator(seed: 6)
        let users = MachineUsers(count: 600, using: &generator)
        let half = users.records.count / 2
        let pipeline = try await Pipeline()
        let writer = try TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic)
        try await writer.write(Array(users.records.prefix(half)))
        // A database that no other test uses, and that is there.
        let url = PostgresCluster.shared.url().replacing("/postgres?", with: "/template1?")
        let environment = [
            "STATE_URL": url, "KAFKA_STATE_TOPIC": Self.topic, "LOG_LEVEL": "info",
            "KAFKA_FETCH_MESSAGE_MAX_BYTES": "10000",
        ]
        let first = try await pipeline.startConsumer(environment, label: "first")
        try await eventually(within: .seconds(40), "the first one publishes") {
            try await first.ops.metric("consumer_state_records_published_total{kind=\"line\"}") > 0
        }
        let second = try await pipeline.startConsumer(environment, label: "second")
        try await writer.write(Array(users.records.dropFirst(half)))
        try await first.process.kill9()
        try await Self.untilEqual(pipeline, users: 600) { try await pipeline.export(url: url) }
        #expect(try await second.process.terminate() == .exited(0), "\(second.process.log.suffix(2000))")
    }

    @Test("`state publish --all` fills a topic for a state that was there before, and counts before it does")
    func publishAll() async throws {
        var generator = SeededGenerator(seed: 8)
        let users = MachineUsers(count: 200, using: &generator)
        let pipeline = try await Pipeline()
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic).write(users.records)
        let consumer = try await pipeline.startConsumer()
        try await eventually(within: .seconds(40), "all is applied") {
            try await consumer.ops.consumed() == users.records.count
        }
        #expect(try await consumer.process.terminate() == .exited(0))
        let environment = [
            "KAFKA_STATE_TOPIC": Self.topic, "STATE_URL": "sqlite://\(pipeline.folder.path("state.db"))",
        ]
        let lines = try await pipeline.export().split(separator: "\n").count
        let preview = try await pipeline.consumerCommand(["state", "publish", "--all", "--dry-run"], environment)
        #expect(preview.output.hasPrefix("Dry run: \(lines) lines and \(200 - lines) tombstones"), "\(preview.output)")
        let outcome = try await pipeline.consumerCommand(["state", "publish", "--all"], environment)
        #expect(outcome.ending == .exited(0), "\(outcome.log)")
        #expect(outcome.output.hasPrefix("Published 200 records."), "\(outcome.output)")
        try await Self.untilEqual(pipeline, users: 200) { try await pipeline.export() }
    }

    /// Waits until all is applied, and published: of ten users one is removed in the end, the others are deactivated.
    private static func untilEqual(
        _ pipeline: Pipeline, users: Int, _ export: () async throws -> String
    ) async throws {
        let reader = try TopicReader(bootstrapServers: pipeline.bootstrapServers, topic: topic)
        try await eventually(within: .seconds(60), "all is applied, and the compacted topic is the export") {
            let export = try await export()
            guard export.count(of: "\"state\":\"inactive\"") == users * 9 / 10 else { return false }
            return try await reader.readToEnd().compactedText == export
        }
        await reader.close()
    }
}
