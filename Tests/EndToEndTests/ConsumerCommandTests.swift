import TestSupport
import Testing

@Suite("Commands of the consumer, as processes")
struct ConsumerCommandTests {
    @Test(
        "Wrong usage ends with 2 and names the flag",
        arguments: [
            (["replay"], "--to"), (["replay", "--to", "sideways"], "--to"),
            (["replay", "--to", "datetime", "yesterday"], "--to"), (["replay", "--to", "offset", "1"], "--to"),
            (["dlq", "redrive"], "--all"), (["dlq", "redrive", "x"], "PARTITION:OFFSET"),
            (["dlq", "list", "--limit", "0"], "--limit"),
            (["rebuild", "--discard", "--swap"], "--discard"), (["rebuild", "--accept-missing-records"], "--swap"),
            (["dlq", "show", "x"], "letter"), (["status", "--address", "here"], "--address"),
        ])
    func wrongUsage(_ arguments: [String], _ named: String) async throws {
        let folder = try TemporaryFolder()
        let process = try await ProcessUnderTest.start("zitadel-consumer", arguments, in: folder.url)
        #expect(try await process.untilEnd() == .exited(2))
        #expect(process.log.contains(named), "\(process.log)")
    }

    @Test("Status tells what a running consumer does, and ends with 1 where none runs")
    func status() async throws {
        let pipeline = try await Pipeline()
        var generator = SeededGenerator(seed: 8)
        let users = MachineUsers(count: 2, using: &generator)
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic).write(users.records)
        let consumer = try await pipeline.startConsumer()
        try await consumer.untilReady()
        try await eventually(within: .seconds(20), "all are applied") {
            try await consumer.ops.consumed() == users.records.count
        }
        let address = "127.0.0.1:\(consumer.ops.port)"
        let text = try await pipeline.consumerCommand(["status", "--address", address])
        #expect(text.ending == .exited(0) && text.output.contains("consumer at \(address): ready"), "\(text)")
        #expect(text.output.contains("topic         \(Pipeline.topic)"), "\(text)")
        let json = try await pipeline.consumerCommand(["status", "--address", address, "--json"])
        #expect(json.output.hasPrefix("{\"topic\":\"\(Pipeline.topic)\""), "\(json)")
        #expect(try await consumer.process.terminate() == .exited(0))
        let nobody = try await pipeline.consumerCommand(["status", "--address", address])
        #expect(nobody.ending == .exited(1) && nobody.log.contains("no consumer answers at \(address)"), "\(nobody)")
    }
}
