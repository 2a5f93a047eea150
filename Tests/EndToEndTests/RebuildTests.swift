import CSQLite
import Foundation
import TestSupport
import Testing

@Suite("Rebuild, with processes of their own")
struct RebuildTests {
    private struct World {
        let pipeline: Pipeline
        let writer: TopicWriter
        let users: MachineUsers
        let url: String

        init(seed: UInt64, count: Int, postgres schema: String? = nil) async throws {
            var generator = SeededGenerator(seed: seed)
            users = MachineUsers(count: count, using: &generator)
            pipeline = try await Pipeline()
            writer = try TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic)
            url =
                if let schema {
                    PostgresCluster.shared.url(searchPath: schema)
                } else {
                    "sqlite://\(pipeline.folder.path("state.db"))"
                }
        }

        func consumer(label: String) async throws -> Pipeline.Running {
            try await pipeline.startConsumer(["STATE_URL": url], label: label)
        }

        func rebuild(_ arguments: String...) async throws -> Pipeline.Outcome {
            try await pipeline.consumerCommand(["rebuild"] + arguments, ["STATE_URL": url])
        }

        func export() async throws -> String { try await pipeline.export(url: url) }
    }

    @Test(
        "A row that somebody changed is found while the consumer runs, and the swap brings back what the topic says",
        arguments: [false, true])
    func tampered(isPostgres: Bool) async throws {
        if isPostgres { try await Self.psql("CREATE SCHEMA rebuilt_e2e") }
        let world = try await World(seed: 11, count: 100, postgres: isPostgres ? "rebuilt_e2e" : nil)
        let half = world.users.records.count / 2
        try await world.writer.write(Array(world.users.records.prefix(half)))
        let first = try await world.consumer(label: "first")
        try await eventually(within: .seconds(40), "half is applied") { try await first.ops.consumed() == half }
        let reference = try await world.export()
        // Nothing is known of a commit but that it comes after the record was counted.
        try await eventually(within: .seconds(40), "the states are the same") {
            try await world.rebuild("--restart").ending == .exited(0)
        }
        // Whose name no later event changes.
        let line = try #require(reference.split(separator: "\n").first { $0.contains("\"username\":\"renamed-") })
        let user = try #require(line.split(separator: "\"").first { $0.hasPrefix("31000000000000") })
        let change = "UPDATE users SET username = 'intruder' WHERE id = '\(user)'"
        if isPostgres { try await Self.psql("SET search_path TO rebuilt_e2e; \(change)") }
        if !isPostgres { Self.sqlite(world.pipeline.folder.path("state.db"), change) }

        let found = try await world.rebuild("--json")
        #expect(found.ending == .exited(1) && found.log.contains("rows that differ: 1"), "\(found)")
        let row = "{\"table\":\"users\",\"id\":\"\(user)\",\"members\":[\"username\"]}"
        #expect(found.output.contains("\"differences\":[\(row)]"), "\(found)")
        #expect(found.output.contains("\"exact\":true,\"swapped\":false"), "\(found)")
        #expect(!found.output.contains("intruder") && !found.log.contains("intruder"))

        try await world.writer.write(Array(world.users.records.dropFirst(half)))
        let total = world.users.records.count
        try await eventually(within: .seconds(40), "all are applied") { try await first.ops.consumed() == total }
        let early = try await world.rebuild("--swap", "--accept-differences")
        #expect(early.ending == .exited(1), "\(early)")
        #expect(early.log.contains("nothing was replaced, because a consumer runs"), "\(early)")
        #expect(try await first.process.terminate() == .exited(0))
        let refused = try await world.rebuild("--swap")
        #expect(refused.ending == .exited(1) && refused.log.contains("--accept-differences"), "\(refused)")
        #expect(refused.output.hasPrefix("records read  0, "), "what was read stays read: \(refused)")
        let swapped = try await world.rebuild("--swap", "--accept-differences")
        #expect(swapped.ending == .exited(0) && swapped.output.contains("The new state is in place"), "\(swapped)")
        try await compareWithReference(world, total)
    }

    private func compareWithReference(_ world: World, _ total: Int) async throws {
        let calm = try await world.pipeline.startConsumer(
            state: "calm.db", ["KAFKA_GROUP_ID": "calm", "LOG_LEVEL": "info"], label: "calm")
        try await eventually(within: .seconds(40), "the calm one has all") { try await calm.ops.consumed() == total }
        let wanted = try await world.pipeline.export(state: "calm.db")
        #expect(try await world.export() == wanted)
        let second = try await world.consumer(label: "second")
        try await second.untilReady()
        try await world.writer.write([world.users.records[0]])
        try await eventually(within: .seconds(40), "it goes on where the first one was") {
            try await second.ops.consumed() == 1
        }
        #expect(try await world.export() == wanted)
        #expect(try await second.process.terminate() == .exited(0))

        let again = try await world.rebuild()
        #expect(again.ending == .exited(1) && again.log.contains("rebuild --discard"), "\(again)")
        let discarded = try await world.rebuild("--discard")
        #expect(discarded.ending == .exited(0) && discarded.output.contains("Discarded: "), "\(discarded)")
        let nothing = try await world.rebuild("--discard")
        #expect(nothing.ending == .exited(0) && nothing.output.contains("nothing to discard"), "\(nothing)")
        #expect(try await world.export() == wanted)
    }

    @Test("Killed in the middle, the same line goes on, and its state is the same")
    func killed() async throws {
        let world = try await World(seed: 12, count: 1500)
        try await world.writer.write(world.users.records)
        let total = world.users.records.count
        let consumer = try await world.consumer(label: "consumer")
        try await eventually(within: .seconds(60), "all are applied") { try await consumer.ops.consumed() == total }
        #expect(try await consumer.process.terminate() == .exited(0))
        let wanted = try await world.export()
        let killed = try await ProcessUnderTest.start(
            "zitadel-consumer", ["rebuild", "--swap"],
            environment: [
                "KAFKA_BOOTSTRAP_SERVERS": world.pipeline.bootstrapServers, "STATE_URL": world.url,
                // Small fetches make many small batches.
                "KAFKA_FETCH_MESSAGE_MAX_BYTES": "2000",
            ],
            in: world.pipeline.folder.url, label: "killed")
        let log = URL(fileURLWithPath: world.pipeline.folder.path("state.db.rebuild-wal"))
        try await eventually(within: .seconds(30), "it has applied something") {
            let size = try? FileManager.default.attributesOfItem(atPath: log.path)[.size] as? Int
            return (size ?? 0) > 200_000
        }
        try await killed.kill9()
        #expect(try await world.export() == wanted)
        let swapped = try await world.rebuild("--swap", "--json")
        #expect(swapped.ending == .exited(0), "\(swapped)")
        #expect(swapped.output.contains("\"identical\":true,\"exact\":true,\"swapped\":true"), "\(swapped)")
        #expect(try await world.export() == wanted)
    }

    private static func psql(_ statement: String) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, PostgresCluster.shared.url()]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    private static func sqlite(_ path: String, _ statement: String) {
        var database: OpaquePointer?
        defer { sqlite3_close(database) }
        #expect(sqlite3_open(path, &database) == SQLITE_OK)
        sqlite3_busy_timeout(database, 5000)
        #expect(sqlite3_exec(database, statement, nil, nil, nil) == SQLITE_OK)
    }
}
