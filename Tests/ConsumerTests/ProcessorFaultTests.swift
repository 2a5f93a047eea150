import EventContract
import Foundation
import KafkaMockCluster
import ServiceRuntime
import TestSupport
import Testing

@testable import Consumer

@Suite("The consumer, when something is wrong")
struct ProcessorFaultTests {
    /// What must not be in a log: it is part of a record that cannot be read.
    private static let canary = "canary-content-77c1"

    /// Records that cannot be read, each with a part of its reason.
    private static func unreadable() throws -> [(record: TopicWriter.Record, reason: String)] {
        let golden = try #require(GoldenHistory.smallRecords().first)
        let key = golden.key
        let text = String(decoding: golden.value ?? [], as: UTF8.self)
        let newer = text.replacingOccurrences(of: "event:v1", with: "event:v2")
        let unknownMember = text.replacingOccurrences(of: ",\"data\":", with: ",\"x\":\"\(canary)\",\"data\":")
        return [
            (.init(key: key, value: Array("\(canary) is no JSON".utf8), headers: [("ce_id", [1])]), "byte 0"),
            (.init(key: key, value: nil), "no value"),
            (.init(key: key, value: []), "byte 0"),
            (.init(key: nil, value: golden.value), "no key"),
            (.init(key: nil, value: nil), "no value"),
            (.init(key: [], value: golden.value), "key"),
            (.init(key: [], value: []), "byte 0"),
            (.init(key: Array(canary.utf8), value: golden.value), "record's key"),
            (.init(key: key, value: Array(newer.utf8)), "dataschema"),
            (.init(key: key, value: Array(unknownMember.utf8)), "expected"),
        ]
    }

    @Test(
        "Unreadable records wait for the dead letter topic, are then there whole with reason and origin, and pass none")
    func setAside() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        let unreadable = try Self.unreadable()
        let writer = try TopicWriter(cluster)
        let golden = GoldenHistory.smallRecords()
        try await writer.write(golden.prefix(100) + unreadable.map(\.record) + golden.dropFirst(100))
        let count = golden.count + unreadable.count
        // The dead letter topic takes nothing: TOPIC_AUTHORIZATION_FAILED.
        cluster.pushErrors(.produce, Array(repeating: 29, count: 1000))
        let log = try await ProcessorHarness.run(cluster, state) { consumer async throws in
            try await eventually(within: .seconds(20), "two dead letters were refused") {
                consumer.log.count(of: "Dead letter not acknowledged") >= 2
            }
            #expect(try await consumer.outcomes().setAside == 0)
            cluster.clearErrors(.produce)
            let outcomes = try await consumer.untilConsumed(count)
            #expect(outcomes.setAside == unreadable.count)
        }
        expectSameLines(try state.export(), history.export)
        #expect(log.contains("Record set aside"))
        #expect(!log.contains(Self.canary))
        try await expectDeadLetters(of: unreadable, in: cluster)

        // Every offset was committed, those of the unreadable records too: the group has nothing left but what is new.
        try await writer.write([unreadable[0].record])
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            #expect(try await consumer.untilConsumed(1) == Outcomes(consumed: 1, setAside: 1))
        }
    }

    private func expectDeadLetters(
        of unreadable: [(record: TopicWriter.Record, reason: String)], in cluster: KafkaMockCluster
    ) async throws {
        let reader = try TopicReader(
            bootstrapServers: cluster.bootstrapServers, topic: ProcessorHarness.deadLetterTopic)
        let letters = try await reader.read("the dead letters are there") { $0.count >= unreadable.count }
        await reader.close()
        let byOrigin = Set(
            letters.map { "\($0.header("dlq-origin-partition") ?? "")/\($0.header("dlq-origin-offset") ?? "")" })
        #expect(byOrigin.count == unreadable.count, "each has an origin of its own, none is there twice")
        for (record, reason) in unreadable {
            let letter = try #require(
                letters.first { letter in
                    // Null stays null and empty stays empty.
                    letter.key == record.key && letter.value == record.value
                        && letter.header("dlq-reason")?.contains(reason) == true
                }, "\(reason)")
            #expect(letter.header("dlq-origin-topic") == ProcessorHarness.topic)
            #expect(letter.header("dlq-origin-partition").flatMap(Int.init) != nil)
            #expect(letter.header("dlq-origin-offset").flatMap(Int.init) != nil)
            #expect(letter.header("dlq-consumer-group") == "zitadel-scope-management")
            #expect(letter.header("dlq-set-aside-at")?.hasSuffix("Z") == true)
            for (name, value) in record.headers {
                #expect(letter.headers.contains { $0.name == name && $0.value == value })
            }
        }
    }

    @Test("A state that another process locks: not ready with the reason, nothing passed over, goes on when it is free")
    func lockedState() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
        _ = try state.store()
        let other = try SQLiteConnection(path: state.path, mode: .readWrite)
        try other.execute("BEGIN IMMEDIATE")
        // Stopped while it is locked: no offset may be committed, or the next run would miss records.
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            try await eventually(within: .seconds(30), "a batch waits for the lock") {
                consumer.log.contains("The state takes nothing; trying again")
            }
        }
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            try await eventually(within: .seconds(30), "the lock shows") {
                let answer = try await consumer.ops.get("/readyz")
                return answer.status == 503 && answer.body.contains("locked by another process")
            }
            #expect(try await consumer.ops.get("/livez").status == 200)
            #expect(try await consumer.outcomes() == Outcomes())
            try await eventually("what is read and not applied counts as lag") {
                try await consumer.lag() == history.events.count
            }
            try other.execute("COMMIT")
            let outcomes = try await consumer.untilConsumed(history.events.count)
            #expect(outcomes.applied > 0)
            try await eventually("the consumer is ready") { try await consumer.ops.isReady() }
            try await eventually("no lag is left") { try await consumer.lag() == 0 }
        }
        expectSameLines(try state.export(), history.export)
    }

    @Test("A state that is away for longer than the group waits: put out, the consumer joins again and loses nothing")
    func putOutOfGroup() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        let records = GoldenHistory.smallRecords()
        try await TopicWriter(cluster).write(Array(records.prefix(300)))
        _ = try state.store()
        let other = try SQLiteConnection(path: state.path, mode: .readWrite)
        try other.execute("BEGIN IMMEDIATE")
        // One attempt waits 5 s for the lock, and the group 3 s for the next question.
        let environment = ["KAFKA_MAX_POLL_INTERVAL_MS": "4000"]
        let log = try await ProcessorHarness.run(cluster, state, environment) { consumer async throws in
            try await eventually(within: .seconds(30), "the state took nothing") {
                try await consumer.ops.metric("consumer_apply_failures_total") > 0
            }
            try other.execute("COMMIT")
            try await eventually(within: .seconds(30), "offsets of lost partitions were not committed") {
                try await consumer.ops.metric("consumer_commit_failures_total") > 0
            }
            try await TopicWriter(cluster).write(Array(records.dropFirst(300)))
            try await eventually(within: .seconds(30), "the lag is 0") {
                guard try await consumer.lag() == 0 else { return false }
                return try await consumer.outcomes().consumed >= history.events.count
            }
            #expect(try await consumer.ops.isReady())
        }
        #expect(log.contains("Partitions lost"))
        expectSameLines(try state.export(), history.export)
        // All of it is committed now.
        try await TopicWriter(cluster).write([TopicWriter.Record(key: nil, value: nil)])
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            #expect(try await consumer.untilConsumed(1).setAside == 1)
        }
    }

    @Test("A state that is damaged, of another program, of a newer schema or nowhere stops the start with the fix")
    func unusableState() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let damaged = try TemporaryState()
        try Data(repeating: 0x55, count: 8192).write(to: URL(fileURLWithPath: damaged.path))
        await expectRefused(cluster, damaged, "damaged or no SQLite database")

        let foreign = try TemporaryState()
        try SQLiteConnection(path: foreign.path, mode: .readWrite).execute("CREATE TABLE t (x)")
        await expectRefused(cluster, foreign, "database of another program")

        let newer = try TemporaryState()
        _ = try newer.store()
        try SQLiteConnection(path: newer.path, mode: .readWrite).execute("INSERT INTO schema_migrations VALUES (99)")
        await expectRefused(cluster, newer, "schema 99")

        let nowhere = try TemporaryState()
        try FileManager.default.removeItem(at: nowhere.folder)
        await expectRefused(cluster, nowhere, "the folder must exist")
    }

    private func expectRefused(_ cluster: KafkaMockCluster, _ state: TemporaryState, _ reason: String) async {
        let error = await #expect(throws: StateError.self) { _ = try await ProcessorHarness.build(cluster, state) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains(state.path) == true)
    }

    @Test("A topic that may not be read for a while: counted, and nothing is missing afterwards")
    func fetchErrors() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let history = try GoldenHistory.small()
        try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
        // TOPIC_AUTHORIZATION_FAILED
        cluster.pushErrors(.fetch, Array(repeating: 29, count: 3))
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            _ = try await consumer.untilConsumed(history.events.count)
            #expect(try await consumer.ops.metric("consumer_record_errors_total") > 0)
        }
        expectSameLines(try state.export(), history.export)
    }

    @Test("An ops port that is taken ends the run and names address and setting")
    func opsPortTaken() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            let address = "127.0.0.1:\(consumer.ops.port)"
            let second = try await ProcessorHarness.build(
                cluster, try TemporaryState(), ["CONSUMER_OPS_LISTEN": address])
            let error = await #expect(throws: ListenError.self) { try await second.ops.run() }
            #expect(error?.description.contains(address) == true)
            #expect(error?.description.contains("CONSUMER_OPS_LISTEN") == true)
        }
    }
}
