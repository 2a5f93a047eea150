import CRdKafka
import Logging

/// The client of one catching up: asks for offsets and reads partitions, without a group.
///
/// Used from one thread at a time.
final class TailReader {
    /// How long the brokers may take for one answer.
    private static let answerTimeout = Duration.seconds(2)

    let handle: KafkaHandle
    private let name: String
    private let state: ConsumerState
    private let queue: OpaquePointer
    /// Nil until the topic is there: looking at it earlier would make some brokers create it.
    private var topic: KafkaTopic?
    private var reading: [Int32] = []

    /// - Parameter failsOnLostRecords: whether a position whose record was deleted meanwhile is an unreadable record;
    ///   else reading goes on with the oldest record there is.
    init(
        _ configuration: KafkaConfiguration, topic: String, _ logger: Logger, failsOnLostRecords: Bool = false
    ) throws(KafkaConfigurationError) {
        let reset = ("auto.offset.reset", failsOnLostRecords ? "error" : "earliest")
        let properties = try ClientProperties(
            configuration.leavingOut(KafkaConfiguration.groupProperties),
            defaults: KafkaConsumer.defaults + Self.defaults + [reset])
        name = topic
        state = ConsumerState(logger, nil, startsAtBeginning: false)
        state.register(with: properties.pointer)
        handle = try properties.makeClient(RD_KAFKA_CONSUMER, keepsAlive: state)
        rd_kafka_set_log_queue(handle.client, nil)
        queue = rd_kafka_queue_new(handle.client)
    }

    deinit {
        stop()
        rd_kafka_queue_destroy(queue)
    }

    private static let defaults: [(name: String, value: String)] = [
        ("enable.partition.eof", "true"),
        // See `KafkaConsumer.defaults`: less would cap the reading at its size per second.
        ("queued.max.messages.kbytes", "32768"),
    ]

    var fatal: KafkaConsumerError? { state.fatal }

    /// Partitions that have a leader, and whether that is all of them; nil when the brokers do not answer in time.
    func partitions(until deadline: ContinuousClock.Instant) -> (led: [Int32], isAll: Bool)? {
        serveEvents()
        switch TopicMetadata.askWithoutCreating(handle, for: name, timeout: timeout(until: deadline)) {
        case .found(let partitions, _, let withoutLeader):
            return ((0..<Int32(partitions)).filter { !withoutLeader.contains($0) }, withoutLeader.isEmpty)
        case .missing: return ([], true)
        case .notAnswered: return nil
        }
    }

    /// Without the partitions whose leader does not answer in time.
    func bounds(of partitions: [Int32], until deadline: ContinuousClock.Instant) -> [Int32: OffsetBounds] {
        partitions.reduce(into: [:]) { bounds, partition in
            var low: Int64 = -1
            var high: Int64 = -1
            let code = rd_kafka_query_watermark_offsets(
                handle.client, name, partition, &low, &high, timeout(until: deadline).wholeMilliseconds)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { bounds[partition] = OffsetBounds(low: low, high: high) }
        }
    }

    /// The first offset of each partition that is not older, as far as the brokers tell.
    func offsets(
        of partitions: [Int32], since milliseconds: Int64, until deadline: ContinuousClock.Instant
    ) -> [Int32: Int64] {
        let list = PartitionList(capacity: partitions.count)
        for partition in partitions {
            list.add(TopicPartition(topic: name, partition: partition), offset: milliseconds)
        }
        let timeout = timeout(until: deadline).wholeMilliseconds
        let code = list.lend { rd_kafka_offsets_for_times(handle.client, $0, timeout) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return [:] }
        return list.offsets.reduce(into: [:]) { $0[$1.key.partition] = $1.value }
    }

    func start(_ positions: [Int32: Int64]) throws(KafkaConsumerError) {
        guard !positions.isEmpty else { return }
        guard let topic = try? topic ?? KafkaTopic(name, handle) else { throw .clientFatal(reason: "topic refused") }
        self.topic = topic
        for (partition, offset) in positions {
            guard rd_kafka_consume_start_queue(topic.pointer, partition, offset, queue) == 0 else {
                throw .clientFatal(reason: errorText(rd_kafka_last_error()))
            }
            reading.append(partition)
        }
    }

    /// What is there now of the pass's records, up to `max`; waits for the first.
    ///
    /// - Returns: also how many records could not be read.
    func read(max: Int, timeout: Duration, _ pass: inout TailPass) -> (batch: RecordBatch, unreadable: Int) {
        serveEvents()
        let batch = RecordBatch(capacity: max, handle)
        var unreadable = 0
        // librdkafka waits until the array is full: so take what is there, and wait for one record only.
        for (atMost, wait) in [(max, Duration.zero), (1, timeout)] where batch.count == 0 {
            _ = batch.fill(from: queue, atMost: atMost, timeoutMilliseconds: wait.wholeMilliseconds) { message, _ in
                take(message, &pass, &unreadable) ? Int(message.partition) : nil
            }
        }
        return (batch, unreadable)
    }

    func stop() {
        guard let topic else { return }
        for partition in reading { rd_kafka_consume_stop(topic.pointer, partition) }
        reading = []
    }

    private func take(_ message: rd_kafka_message_t, _ pass: inout TailPass, _ unreadable: inout Int) -> Bool {
        switch message.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return pass.received(message.partition, offset: message.offset)
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: pass.reachedEnd(message.partition, offset: message.offset)
        default:
            state.messageFailed(message)
            unreadable += 1
        }
        return false
    }

    /// Log lines and errors of the client.
    private func serveEvents() { rd_kafka_poll(handle.client, 0) }

    private func timeout(until deadline: ContinuousClock.Instant) -> Duration {
        min(max(deadline - .now, .zero), Self.answerTimeout)
    }
}
