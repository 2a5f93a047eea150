import KafkaClient
import KafkaMockCluster
import Logging

/// A consumer on a thread of its own, as the programs use it.
actor GroupMember {
    private let executor = DedicatedThreadExecutor(name: "test-member")
    private let consumer: KafkaConsumer
    /// Every batch that had records, in order.
    private(set) var batches: [RecordBatch] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        _ cluster: KafkaMockCluster, _ topic: String, group: String = "group", logger: Logger = .silent,
        properties extra: [(name: String, value: String)] = []
    ) throws {
        // The mock cluster draws each rebalance out to a second less than the session, but a first join to 3 s, which
        // the session must outlast. A member hears of a rebalance with its next heartbeat.
        let properties = [
            (name: "session.timeout.ms", value: "4000"), (name: "heartbeat.interval.ms", value: "100"),
        ]
        consumer = try KafkaConsumer(
            KafkaConfiguration(cluster, properties + extra), groupID: group, topics: [topic], logger: logger,
            observer: nil)
    }

    var assignment: Set<TopicPartition> { Set(consumer.assignment) }
    var lag: [TopicPartition: PartitionLag] { consumer.lag() }

    /// One batch, remembered for a later commit.
    func next(
        max: Int = 100, bytesMax: Int = .max, timeout: Duration = .milliseconds(50)
    ) throws -> [SeenRecord] {
        let batch = try consumer.next(max: max, bytesMax: bytesMax, timeout: timeout)
        if batch.count > 0 { batches.append(batch) }
        return batch.map { SeenRecord($0) }
    }

    func commit(_ batches: [RecordBatch]) throws { for batch in batches { try consumer.commit(batch) } }
    func commitRest() throws { try consumer.commitRest() }
    func commitAll() throws { try commit(batches) }
    func seekBackLatest() throws { if let latest = batches.last { try consumer.seekBack(latest) } }
    func pause() { consumer.pause() }
    func resume() { consumer.resume() }
    func close() { consumer.close() }

    /// Reads until the condition holds; commits each batch when asked.
    func read(
        within timeout: Duration = .seconds(15), max: Int = 100, commit: Bool = false,
        until isDone: @Sendable ([SeenRecord]) -> Bool
    ) throws -> [SeenRecord] {
        let deadline = ContinuousClock.now + timeout
        var seen: [SeenRecord] = []
        while !isDone(seen) {
            guard ContinuousClock.now < deadline else { throw ReadTimeout(seen: seen.count) }
            let records = try next(max: max)
            seen += records
            if commit, !records.isEmpty { try self.commit(batches.suffix(1)) }
        }
        return seen
    }
}

struct ReadTimeout: Error {
    let seen: Int
}
