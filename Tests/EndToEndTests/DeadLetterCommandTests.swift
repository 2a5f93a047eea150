import TestSupport
import Testing

@Suite("Dead letters, with processes of their own")
struct DeadLetterCommandTests {
    private static let deadLetterTopic = "zitadel.events.v1.dlq"

    @Test("A poisoned record stops nobody, is listed and shown, and stays while it cannot be read")
    func poisoned() async throws {
        var generator = SeededGenerator(seed: 3)
        let users = MachineUsers(count: 10, using: &generator)
        let poison = TopicWriter.Record(
            key: Array("someone\u{1B}[2J".utf8), value: Array("canary-value".utf8),
            headers: [("origin", Array("x".utf8))])
        let pipeline = try await Pipeline()
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic)
            .write([poison] + users.records)
        let consumer = try await pipeline.startConsumer()
        try await eventually(within: .seconds(40), "all are consumed") {
            try await consumer.ops.consumed() == users.records.count + 1
        }
        #expect(try await consumer.ops.metric("consumer_records_total{outcome=\"set_aside\"}") == 1)

        let list = try await pipeline.consumerCommand(["dlq", "list"])
        #expect(list.ending == .exited(0) && list.output.contains("\(Pipeline.topic) "), "\(list)")
        #expect(list.output.contains("at byte 0 of the value"), "\(list)")
        #expect(list.output.contains("someone\\x1b[2J") && !list.output.contains("canary-value"), "\(list)")
        let place = try #require(Self.place(in: list.output))
        let show = try await pipeline.consumerCommand(["dlq", "show", place])
        #expect(show.output.contains("attempts  1") && show.output.contains("header    origin: x"), "\(show)")
        #expect(!show.output.contains("canary-value"))
        #expect(try await pipeline.consumerCommand(["dlq", "show", place, "--value"]).output.contains("canary-value"))

        let dryRun = try await pipeline.consumerCommand(["dlq", "redrive", "--all", "--dry-run"])
        #expect(dryRun.ending == .exited(1) && dryRun.output.contains("stays: at byte 0"), "\(dryRun)")
        #expect(try await pipeline.consumerCommand(["dlq", "list"]).output == list.output, "a dry run changes nothing")
        let redrive = try await pipeline.consumerCommand(["dlq", "redrive", "--all"])
        #expect(redrive.ending == .exited(1) && redrive.log.contains("1 dead letters cannot be read"), "\(redrive)")
        let after = try await pipeline.consumerCommand(["dlq", "show", place])
        #expect(after.output.contains("attempts  2") && after.output.contains("redriven  no"), "\(after)")
        #expect(try await pipeline.consumerCommand(["dlq", "show", "0:999"]).ending == .exited(1))
        #expect(try await consumer.process.terminate() == .exited(0))
    }

    @Test("A letter that this version reads is redriven once: applied, with its own headers only, and marked as done")
    func readable() async throws {
        var generator = SeededGenerator(seed: 4)
        let record = try #require(MachineUsers(count: 1, using: &generator).records.first)
        var letter = record
        // As an older consumer left it.
        letter.headers = [
            ("content-type", Array("application/cloudevents+json; charset=UTF-8".utf8)),
            ("dlq-reason", Array("data.event is not in this version's catalogue".utf8)),
            ("dlq-origin-topic", Array(Pipeline.topic.utf8)), ("dlq-origin-partition", Array("3".utf8)),
            ("dlq-origin-offset", Array("120".utf8)),
        ]
        let pipeline = try await Pipeline()
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Self.deadLetterTopic).write([letter])
        let consumer = try await pipeline.startConsumer()
        let list = try await pipeline.consumerCommand(["dlq", "list"])
        #expect(list.output.contains("\(Pipeline.topic) 3:120"), "\(list)")
        let place = try #require(Self.place(in: list.output))
        let redrive = try await pipeline.consumerCommand(["dlq", "redrive", place])
        #expect(redrive.ending == .exited(0) && redrive.output == "\(place)  redriven\n", "\(redrive)")

        try await eventually(within: .seconds(40), "it is applied") { try await consumer.ops.consumed() == 1 }
        #expect(try await consumer.ops.metric("consumer_records_total{outcome=\"applied\"}") == 1)
        #expect(try await pipeline.consumerCommand(["dlq", "list"]).output == "No dead letters.\n")
        #expect(try await pipeline.consumerCommand(["dlq", "list", "--all"]).output.contains("  yes  "))
        let again = try await pipeline.consumerCommand(["dlq", "redrive", place])
        #expect(again.ending == .exited(0) && again.output.contains("was redriven at 2"), "\(again)")
        #expect(try await consumer.process.terminate() == .exited(0))
        let reader = try TopicReader(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic)
        let records = try await reader.readToEnd()
        await reader.close()
        #expect(records.map(\.value) == [record.value] && records.map(\.key) == [record.key])
        #expect(records.first?.headers.map(\.name) == ["content-type"])
    }

    /// The first column of the first line behind the titles.
    private static func place(in list: String) -> String? {
        let lines = list.split(separator: "\n")
        return lines.count > 1 ? lines[1].split(separator: " ").first.map(String.init) : nil
    }
}
