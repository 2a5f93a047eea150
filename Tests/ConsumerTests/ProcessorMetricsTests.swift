import EventContract
import KafkaMockCluster
import ServiceRuntime
import TestSupport
import Testing

@testable import Consumer

@Suite("What the consumer measures")
struct ProcessorMetricsTests {
    /// An event of user `id` that Zitadel created so many seconds ago.
    private func record(
        _ type: String, _ id: String, _ sequence: Int, secondsAgo: Int64, by path: String?
    ) throws -> TopicWriter.Record {
        let time = WallClock.rfc3339(WallClock.system.microseconds() - secondsAgo * 1_000_000)
        let body = """
            {"aggregateID":"\(id)","aggregateType":"user","resourceOwner":"o1","instanceID":"290","version":"v1",\
            "sequence":\(sequence),"event_type":"user.\(type)","created_at":"\(time)","event_payload":{"userName":"n"}}
            """
        var event = ZitadelEvent()
        var scanner = JSONScanner()
        var record = EventRecord()
        _ = try Array(body.utf8).withUnsafeBytes { text in
            try event.read(webhook: text, using: &scanner)
            return EventNormalizer(metadataKeys: .all).normalize(
                event, from: RecordSource(instanceID: "290"), into: &record, userOfGrant: { _ in nil })
        }
        let headers = path.map { [("bridge-path", Array($0.utf8))] } ?? []
        return TopicWriter.Record(key: record.key, value: record.value, headers: headers)
    }

    private func revoked(_ path: String, _ suffix: String, _ consumer: ProcessorHarness) async throws -> Int {
        let labels = "{kind=\"user\",path=\"\(path)\"\(suffix == "bucket" ? ",le=\"1\"" : "")}"
        return try await consumer.ops.metric("consumer_time_to_revoke_seconds_\(suffix)\(labels)")
    }

    private func applied(_ path: String, _ consumer: ProcessorHarness) async throws -> Int {
        try await consumer.ops.metric("consumer_created_to_applied_seconds_count{path=\"\(path)\"}")
    }

    @Test("Time to revoke counts what takes access away, once, by kind and path, and leaves history out")
    func timeToRevoke() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let records = [
            try record("human.added", "u1", 1, secondsAgo: 20, by: "webhook"),
            try record("locked", "u1", 2, secondsAgo: 10, by: "webhook"),
            try record("unlocked", "u1", 3, secondsAgo: 5, by: "poll"),
            try record("human.added", "u2", 1, secondsAgo: 100_000, by: "backfill"),
            try record("removed", "u2", 2, secondsAgo: 90_000, by: "backfill"),
            try record("human.added", "u3", 1, secondsAgo: 30, by: nil),
        ]
        // One that cannot be read in front: paths belong to records, not to events.
        try await TopicWriter(cluster).write([TopicWriter.Record(key: nil, value: nil)] + records)
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            _ = try await consumer.untilConsumed(7)
            let expect = { () async throws in
                #expect(try await revoked("webhook", "count", consumer) == 1)
                #expect(try await revoked("webhook", "bucket", consumer) == 0, "it took 10 s")
                #expect((10..<60).contains(try await revoked("webhook", "sum", consumer)))
                #expect(try await revoked("backfill", "count", consumer) == 0)
                #expect(try await applied("webhook", consumer) == 2)
                #expect(try await applied("poll", consumer) == 1)
                #expect(try await applied("backfill", consumer) == 0)
                #expect(try await applied("unknown", consumer) == 1)
            }
            try await expect()
            try await TopicWriter(cluster).write(records)
            #expect(try await consumer.untilConsumed(13).alreadyApplied == 6)
            try await expect()
        }
    }

    @Test("Batches add up to the records consumed, and the state is fresh once nothing is left to apply")
    func batches() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        let state = try TemporaryState()
        let count = try GoldenHistory.small().events.count
        try await ProcessorHarness.run(cluster, state) { consumer async throws in
            try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
            _ = try await consumer.untilConsumed(count)
            #expect(try await consumer.ops.metric("consumer_batch_records_sum") == count)
            #expect(
                try await consumer.ops.metric("consumer_batch_records_count")
                    == consumer.ops.metric("consumer_batches_total"))
            #expect(BatchSize.bounds.contains(try await consumer.ops.metric("consumer_batch_limit_records")))
            try await eventually("nothing is left to apply, so the state is of now") {
                let answer = try await consumer.ops.get("/metrics").body
                guard answer.contains("\nconsumer_staleness_seconds ") else { return false }
                return try await consumer.ops.metric("consumer_staleness_seconds") < 60
            }
        }
    }

    @Test("Every type that ends, locks or deactivates something is a revocation, and nothing else")
    func revocations() {
        let names = Set(CanonicalType.allCases.filter { Revocation($0) != nil }.map { "\($0.name)" })
        let expected = CanonicalType.allCases.map { "\($0.name)" }.filter { name in
            ["locked", "deactivated", "removed"].contains { name.hasSuffix(".\($0)") }
                && !name.hasSuffix("phone.removed") && !name.hasSuffix("metadata.removed")
        }
        #expect(names == Set(expected) && names.count == 12)
    }
}
