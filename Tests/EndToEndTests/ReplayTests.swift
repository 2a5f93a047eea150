import TestSupport
import Testing

@Suite("Replay, with processes of their own")
struct ReplayTests {
    @Test("Read again from the beginning, every record is known already and the state is the same")
    func earliest() async throws {
        var generator = SeededGenerator(seed: 5)
        let users = MachineUsers(count: 20, using: &generator)
        let total = users.records.count
        let pipeline = try await Pipeline()
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic).write(users.records)
        let first = try await pipeline.startConsumer(label: "first")
        try await eventually(within: .seconds(40), "all are applied") { try await first.ops.consumed() == total }
        #expect(try await first.process.terminate() == .exited(0))
        let state = try await pipeline.export()

        let plan = try await pipeline.consumerCommand(["replay", "--to", "earliest", "--dry-run"])
        #expect(plan.ending == .exited(0) && plan.output.contains("would be set"), "\(plan)")
        let planAgain = try await pipeline.consumerCommand(["replay", "--to", "earliest", "--dry-run"])
        #expect(planAgain.output == plan.output, "a dry run changes nothing")
        let replay = try await pipeline.consumerCommand(["replay", "--to", "earliest"])
        #expect(replay.ending == .exited(0) && replay.output.contains("are set: start the consumers"), "\(replay)")

        let second = try await pipeline.startConsumer(label: "second")
        try await eventually(within: .seconds(40), "all are read again") { try await second.ops.consumed() == total }
        #expect(try await second.ops.metric("consumer_records_total{outcome=\"already_applied\"}") == total)
        #expect(try await pipeline.export() == state)
        #expect(try await second.process.terminate() == .exited(0))
    }

    @Test("While a consumer runs nothing is changed, and the person is told to stop it")
    func active() async throws {
        var generator = SeededGenerator(seed: 6)
        let users = MachineUsers(count: 5, using: &generator)
        let pipeline = try await Pipeline()
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic).write(users.records)
        let consumer = try await pipeline.startConsumer()
        try await eventually(within: .seconds(40), "all are applied") {
            try await consumer.ops.consumed() == users.records.count
        }
        let replay = try await pipeline.consumerCommand(["replay", "--to", "earliest"])
        #expect(replay.ending == .exited(1))
        #expect(replay.log.contains("is active") && replay.log.contains("stop its consumers first"), "\(replay)")
        // The plan holds what is committed, so it is the same only when nothing was set.
        let plan = try await pipeline.consumerCommand(["replay", "--to", "earliest", "--dry-run"])
        #expect(plan.output.hasPrefix(replay.output) && plan.output.contains("Dry run: "), "\(plan)")
        #expect(try await consumer.process.terminate() == .exited(0))
    }

    @Test("A time is found in the topic, a shift can go back, and both stay within the partition")
    func timeAndShift() async throws {
        var generator = SeededGenerator(seed: 7)
        let users = MachineUsers(count: 5, using: &generator)
        let pipeline = try await Pipeline()
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic).write(users.records)
        let start = try await pipeline.consumerCommand(
            ["replay", "--to", "datetime", "2026-01-02T03:04:05Z", "--json", "--dry-run"])
        #expect(start.ending == .exited(0) && start.output.contains("\"oldest\":0"), "\(start)")
        #expect(start.output.contains("\"target\":0,\"changed\":true"), "\(start)")
        let future = try await pipeline.consumerCommand(["replay", "--to", "datetime", "2100-01-01T00:00:00Z"])
        #expect(future.ending == .exited(0), "\(future)")
        let latest = try await pipeline.consumerCommand(["replay", "--to", "latest"])
        #expect(latest.output.contains("Nothing to change"), "\(latest)")
        let back = try await pipeline.consumerCommand(["replay", "--to", "shift", "-1000000", "--dry-run"])
        #expect(back.ending == .exited(0) && back.output.contains("oldest there is"), "\(back)")
    }
}
