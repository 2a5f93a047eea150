import Glibc
import KafkaClient
import KafkaMockCluster
import Logging
import Synchronization
import TestSupport
import Testing

@Suite struct TopicTailTests {
    private let cluster: KafkaMockCluster
    private let producer: KafkaProducer
    private let tail: KafkaTopicTail

    init() throws {
        cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 4)
        try cluster.createTopic("one", partitions: 1)
        producer = try KafkaProducer(cluster)
        tail = try Self.tail(cluster)
    }

    private static func tail(_ cluster: KafkaMockCluster, topic: String = "t") throws -> KafkaTopicTail {
        // The group's settings must not make this a member of it.
        let properties = [
            (name: "group.id", value: "g"), (name: "auto.offset.reset", value: "latest"),
            (name: "enable.partition.eof", value: "false"),
        ]
        return try KafkaTopicTail(KafkaConfiguration(cluster, properties), topic: topic, logger: .silent)
    }

    private func publish(_ texts: [String], to name: String = "t") async throws {
        let reports = ReportCount()
        let topic = try producer.topic(name)
        for text in texts {
            try producer.produce(text, to: topic, key: String(text.prefix(9)), CountingReceiver(reports))
        }
        try await producer.serve(until: texts.count, reports)
        #expect(reports.failures.isEmpty)
    }

    private func catchUp(
        _ tail: KafkaTopicTail, since: Int64 = 0, recordsMax: Int = 10_000, deadline: Duration = .seconds(30)
    ) async throws -> (records: [SeenRecord], progress: TailProgress) {
        let seen = Mutex<[SeenRecord]>([])
        let progress = try await tail.catchUp(since: since, recordsMax: recordsMax, deadline: deadline) { record in
            let record = SeenRecord(record)
            seen.withLock { $0.append(record) }
        }
        #expect(progress.records == seen.withLock { $0.count })
        return (seen.withLock { $0 }, progress)
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    @Test("The first call reads what is young enough, each later one what came since, whatever its age")
    func young() async throws {
        try await publish((0..<20).map { "old \($0)" })
        let before = Self.now
        try await eventually("another millisecond") { Self.now > before + 1 }
        let since = Self.now
        let texts = (0..<30).map { "young \($0)" }
        try await publish(texts)
        let first = try await catchUp(tail, since: since)
        #expect(Set(first.records.map(\.text)) == Set(texts))
        #expect(first.progress.older == 20)
        #expect(first.progress.reachedEnd)
        #expect(first.progress.partitions == 4)
        let nothing = try await catchUp(tail, since: since)
        #expect(nothing.records.isEmpty && nothing.progress.reachedEnd)
        try await publish(["later"])
        #expect(try await catchUp(tail, since: .max).records.map(\.text) == ["later"])
    }

    @Test("Limits cut the first call to the newest records, and later ones short without a gap")
    func limits() async throws {
        try await publish((0..<1000).map { "\($0)" })
        let first = try await catchUp(tail, recordsMax: 100)
        #expect((96...100).contains(first.records.count))
        #expect(first.progress.reachedEnd)
        let texts = (1000..<1250).map { "\($0)" }
        try await publish(texts)
        var seen: [SeenRecord] = []
        for reachedEnd in [false, false, true] {
            let next = try await catchUp(tail, recordsMax: 100)
            #expect(next.progress.reachedEnd == reachedEnd)
            #expect(next.records.count <= 100)
            seen += next.records
        }
        #expect(seen.count == 250)
        #expect(Set(seen.map(\.text)) == Set(texts))
    }

    @Test("A deadline that passes without brokers is no error, and tells so; the next call finds everything")
    func deadline() async throws {
        try await publish(["a", "b"])
        cluster.setBroker(up: false)
        let none = try await catchUp(tail, deadline: .milliseconds(300))
        #expect(none.progress == TailProgress())
        #expect(!none.progress.reachedEnd)
        cluster.setBroker(up: true)
        #expect(Set(try await catchUp(tail).records.map(\.text)) == ["a", "b"])
    }

    @Test("Brokers that come back before the deadline are waited for")
    func brokersComeBack() async throws {
        try await publish(["a"])
        cluster.setBroker(up: false)
        try await withThrowingTaskGroup { group in
            group.addTask { try await catchUp(tail) }
            cluster.setBroker(up: true)
            let result = try await group.next()
            #expect(result?.records.map(\.text) == ["a"])
            #expect(result?.progress.reachedEnd == true)
        }
    }

    @Test("What retention removed since the last call is passed over, and the rest is read")
    func retention() async throws {
        let tail = try Self.tail(cluster, topic: "one")
        try await publish(["first"], to: "one")
        #expect(try await catchUp(tail).records.count == 1)
        // The mock cluster keeps 5 MiB.
        let texts = (0..<20).map { "\($0) " + String(repeating: "x", count: 500_000) }
        for text in texts { try await publish([text], to: "one") }
        let rest = try await catchUp(tail)
        #expect((1..<20).contains(rest.records.count))
        #expect(rest.records.map(\.text) == Array(texts.suffix(rest.records.count)))
        #expect(rest.progress.reachedEnd)
    }

    @Test("A topic that is missing has nothing to read, and is not created by the asking")
    func missing() async throws {
        let progress = try await catchUp(Self.tail(cluster, topic: "nowhere")).progress
        #expect(progress.partitions == 0 && progress.reachedEnd)
        let admin = KafkaAdmin(producer.handle, logger: .silent)
        #expect(try await admin.describeTopic("nowhere", timeout: .seconds(5)) == nil)
    }

    @Test("Cancellation ends the call with what it has")
    func cancelled() async throws {
        cluster.setBroker(up: false)
        try await withThrowingTaskGroup { group in
            group.addTask { try await catchUp(tail, deadline: .seconds(600)) }
            group.cancelAll()
            let result = try await group.next()
            #expect(result?.progress.reachedEnd == false)
        }
    }
}
