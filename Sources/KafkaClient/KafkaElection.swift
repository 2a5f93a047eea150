import CRdKafka
package import Logging
import ServiceLifecycle
import Synchronization

/// Elects one among any number of processes: the member of a consumer group that owns partition 0 of a topic.
///
/// The topic has one partition and is compacted. The elected one keeps small keyed records in it and gets those that
/// anybody writes. Nothing is committed: each election begins with reading the partition from its beginning.
///
/// **An election is not a lock.** Whoever was elected and stalls, or lost its brokers, may still be writing for a
/// moment after another took over. Check `isElected` right before a write, and write only what does no harm twice.
///
/// A member that ends with `close` is replaced at once, one that dies within `session.timeout.ms` (6 s unless set, the
/// least that brokers take) and one rebalance.
///
/// Of the operator's properties those of the connection apply, and the timing of the group (`session.timeout.ms`,
/// `heartbeat.interval.ms`, `max.poll.interval.ms`); those in `KafkaConfiguration.groupProperties` are meant for other
/// groups and do not.
package actor KafkaElection {
    package enum Event: Sendable, Equatable {
        /// This member is elected now.
        ///
        /// - Parameter latest: the newest value of each key in the partition, without removed ones.
        case elected(latest: [[UInt8]: [UInt8]])
        /// A record that came later, also one of our own. Value is nil for a tombstone.
        case record(key: [UInt8], value: [UInt8]?)
        /// Another member may be elected from now on.
        case deposed
    }

    /// Keys of one election. Records of further keys, of longer keys or larger values are passed over, logged and
    /// counted as `recordErrors`.
    package static let keysMax = 1000
    package static let keyBytesMax = 1024
    package static let valueBytesMax = 65_536
    /// Bounds how long `close` waits for `next`, and how late a graceful shutdown is noticed.
    private static let slice = Duration.milliseconds(200)
    /// Records that may wait in memory for the caller of `next`.
    private static let batchMax = 100

    private let executor = DedicatedThreadExecutor(name: "kafka-election")
    private let consumer: KafkaConsumer
    private let partition: TopicPartition
    private let logger: Logger
    private var state = ElectionState()
    private var events: [Event] = []
    private nonisolated let wasElected = Atomic(false)

    /// The client itself, for `KafkaHealth`.
    package nonisolated let handle: KafkaHandle
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Stands for election in the background: brokers that are down, or a topic that is missing, are no error here.
    package init(
        _ configuration: KafkaConfiguration, topic: String, group: String, logger: Logger,
        observer: (any KafkaObserver)?
    ) throws(KafkaConfigurationError) {
        try KafkaTopic.validate(topic)
        let properties = try ClientProperties(
            configuration.leavingOut(KafkaConfiguration.groupProperties),
            defaults: KafkaConsumer.defaults + Self.defaults + [("group.id", group)])
        consumer = try KafkaConsumer(
            properties, topics: [topic], ConsumerState(logger, observer, startsAtBeginning: true))
        handle = consumer.handle
        partition = TopicPartition(topic: topic, partition: 0)
        self.logger = logger
    }

    /// Our defaults where they differ from those of `KafkaConsumer`.
    private static let defaults: [(name: String, value: String)] = [
        ("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "2000"), ("enable.partition.eof", "true"),
        // A topic that is made right after the start is noticed within this.
        ("topic.metadata.refresh.interval.ms", "2000"),
        ("queued.max.messages.kbytes", "4096"),
        // The end of the partition is noticed, and the election decided, when a fetch comes back empty.
        ("fetch.wait.max.ms", "200"),
    ]

    /// Whether this member is elected, as far as the client knows at this moment; from any thread, without waiting.
    package nonisolated var isElected: Bool {
        // The client notices in the background that its session ran out, even while nobody calls `next`.
        wasElected.load(ordering: .acquiring) && rd_kafka_assignment_lost(handle.client) == 0
    }

    /// Waits for the next event, for as long as it takes. Must be called again within `max.poll.interval.ms` (5 min),
    /// or another member is elected.
    ///
    /// - Returns: nil once the election is closed, or the task is cancelled or shut down gracefully. Close it then.
    /// - Throws: only what no waiting can mend.
    package func next() async throws(KafkaConsumerError) -> Event? {
        while !consumer.isClosed, !Task.isCancelled, !Task.isShuttingDownGracefully {
            if events.isEmpty { try poll() }
            guard events.isEmpty else { return events.removeFirst() }
            // Lets `close` in.
            await Task.yield()
        }
        return nil
    }

    /// Leaves the group, so that another member is elected at once. Closing again is harmless.
    package func close() {
        wasElected.store(false, ordering: .releasing)
        consumer.close()
    }

    private func poll() throws(KafkaConsumerError) {
        let batch: RecordBatch
        do throws(KafkaConsumerError) {
            batch = try consumer.next(max: Self.batchMax, timeout: Self.slice)
        } catch {
            wasElected.store(false, ordering: .releasing)
            throw error
        }
        if let event = state.owns(term: consumer.state.assignment.terms[partition]?.number) { add(event) }
        batch.forEach { record in
            guard record.partition == partition.partition else { return }
            if let event = state.received(key: record.key, value: record.value) { add(event) }
        }
        if batch.ends.contains(partition), let event = state.reachedEnd() { add(event) }
        let passedOver = state.takePassedOver()
        if passedOver > 0 { notePassedOver(passedOver) }
    }

    private func add(_ event: Event) {
        events.append(event)
        switch event {
        case .elected(let latest):
            wasElected.store(true, ordering: .releasing)
            log("Elected", [KafkaLogKey.count: "\(latest.count)"])
        case .record: break
        case .deposed:
            wasElected.store(false, ordering: .releasing)
            log("No longer elected", [:])
        }
    }

    private func notePassedOver(_ count: Int) {
        consumer.state.observer?.recordErrors(count: count)
        logger.warning(
            "Records were passed over: too large, without a key, or of too many keys",
            metadata: [KafkaLogKey.topic: "\(partition.topic)", KafkaLogKey.count: "\(count)"])
    }

    private func log(_ message: Logger.Message, _ metadata: Logger.Metadata) {
        logger.info(
            message, metadata: metadata.merging([KafkaLogKey.topic: "\(partition.topic)"]) { first, _ in first })
    }
}
