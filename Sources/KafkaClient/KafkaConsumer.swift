import CRdKafka
package import Logging

/// Reads topics as a member of a consumer group, in batches, and commits what was applied.
///
/// **Used from one thread only**, which its calls block: an actor on a `DedicatedThreadExecutor`. Rebalances happen
/// inside `next`, `commit` and `close`. Ask for the next batch only after the last one was committed or given up:
/// what a revoked partition still had uncommitted is read again by its new owner.
package final class KafkaConsumer {
    /// The client itself, for `KafkaHealth`.
    package let handle: KafkaHandle
    let state: ConsumerState
    let queue: OpaquePointer
    private(set) var isClosed = false

    /// Joins the group in the background: brokers that are down, or a topic that is missing, are no error here.
    package convenience init(
        _ configuration: KafkaConfiguration, groupID: String, topics: [String], logger: Logger,
        observer: (any KafkaObserver)?
    ) throws(KafkaConfigurationError) {
        let properties = try ClientProperties(
            configuration, defaults: Self.defaults + [("group.id", groupID)])
        try self.init(
            properties, topics: topics, ConsumerState(logger, observer, startsAtBeginning: false))
    }

    /// Checks the properties as building a consumer does, without one: nothing is connected.
    package static func check(
        _ configuration: KafkaConfiguration, groupID: String
    ) throws(KafkaConfigurationError) {
        _ = try ClientProperties(configuration, defaults: defaults + [("group.id", groupID)])
    }

    init(
        _ properties: ClientProperties, topics: [String], _ state: ConsumerState
    ) throws(KafkaConfigurationError) {
        self.state = state
        state.register(with: properties.pointer)
        handle = try properties.makeClient(RD_KAFKA_CONSUMER, keepsAlive: state)
        rd_kafka_set_log_queue(handle.client, nil)
        rd_kafka_poll_set_consumer(handle.client)
        queue = rd_kafka_queue_get_consumer(handle.client)
        let list = PartitionList(topics.map { TopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
        let code = list.lend { rd_kafka_subscribe(handle.client, $0) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .refusedClient(reason: errorText(code)) }
    }

    deinit {
        let end = ConsumerEnd(handle: handle, queue: queue, logger: state.logger)
        if isClosed { return end.destroyQueue() }
        // A rebalance that nobody serves would keep librdkafka's threads from ending, and the handle waits for them.
        BlockingEnd.run("kafka-close") {
            end.close()
            end.destroyQueue()
        }
    }

    /// Our defaults, which the operator's properties override.
    static let defaults: [(name: String, value: String)] =
        [
            ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"), ("enable.partition.eof", "false"),
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("session.timeout.ms", "10000"),
            // Bounds how long a commit can hang on a broker that does not answer.
            ("socket.timeout.ms", "15000"),
            // A topic that appears later, or grows, is noticed within this.
            ("topic.metadata.refresh.interval.ms", "10000"),
            ("reconnect.backoff.ms", "50"), ("reconnect.backoff.max.ms", "500"),
            ("socket.nagle.disable", "true"),
        ] + prefetch

    /// Records taken between two looks at their size.
    private static let chunkSize = 250

    /// What is there now, up to `max` records; waits up to the timeout when there is nothing.
    ///
    /// Must be called at least every `max.poll.interval.ms`, even while paused, to stay a member of the group. Called
    /// later, it gives up the partitions, which others may have by then, joins again, and reads on from what was
    /// committed.
    ///
    /// - Parameter bytesMax: keys and values of a batch, exceeded by at most a few hundred records.
    /// - Returns: an empty batch when nothing came in time.
    package func next(max: Int, bytesMax: Int = .max, timeout: Duration) throws(KafkaConsumerError) -> RecordBatch {
        precondition(max > 0)
        guard !isClosed else { throw .closed }
        let batch = RecordBatch(capacity: max, handle)
        var skipped = 0
        // librdkafka waits until the array is full: so take what is there, and wait for one record only.
        if take(batch, max, bytesMax, &skipped) == 0,
            fill(batch, atMost: 1, timeout.wholeMilliseconds, &skipped) > 0
        {
            _ = take(batch, max, bytesMax, &skipped)
        }
        // A full batch is one that leaves room behind it.
        if batch.count >= max || batch.bytes >= bytesMax { wakeFetchers() }
        if skipped > 0 { state.observer?.recordErrors(count: skipped) }
        if let fatal = state.fatal { throw fatal }
        return batch
    }

    /// The partitions this member owns now; none while it has been put out of the group.
    package var assignment: [TopicPartition] { isAssignmentLost ? [] : state.assignment.partitions }

    /// Whether the partitions may be another member's by now, because this one did not ask for records, or was not
    /// heard of, for too long. The next call of `next` gives them up.
    var isAssignmentLost: Bool { rd_kafka_assignment_lost(handle.client) != 0 }

    /// Leaves the group, so that the other members take over at once. What was read and not committed comes again.
    ///
    /// Closing again is harmless.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        ConsumerEnd(handle: handle, queue: queue, logger: state.logger).close()
    }

    /// Takes what is there, without waiting.
    private func take(_ batch: RecordBatch, _ max: Int, _ bytesMax: Int, _ skipped: inout Int) -> Int {
        var taken = 0
        while batch.count < max, batch.bytes < bytesMax {
            let asked = Swift.min(Self.chunkSize, max - batch.count)
            let got = fill(batch, atMost: asked, 0, &skipped)
            taken += got
            if got < asked { break }
        }
        return taken
    }

    private func fill(
        _ batch: RecordBatch, atMost: Int, _ timeoutMilliseconds: Int32, _ skipped: inout Int
    ) -> Int {
        let state = state
        return batch.fill(from: queue, atMost: atMost, timeoutMilliseconds: timeoutMilliseconds) { message, lookup in
            switch message.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                // None when read just before its partition was revoked: it belongs to the new owner.
                return lookup.term(of: message, in: state.assignment)
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                if lookup.term(of: message, in: state.assignment) != nil {
                    batch.reachedEnd(of: lookup.partition(of: message))
                }
            default:
                state.messageFailed(message)
                skipped += 1
            }
            return nil
        }
    }
}

/// What the end of a consumer needs, on whichever thread. The handle keeps the state that callbacks use.
private struct ConsumerEnd: @unchecked Sendable {
    let handle: KafkaHandle
    let queue: OpaquePointer
    let logger: Logger

    func close() {
        let code = rd_kafka_consumer_close(handle.client)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        logger.warning("The group was not left cleanly", metadata: [KafkaLogKey.reason: "\(errorText(code))"])
    }

    func destroyQueue() { rd_kafka_queue_destroy(queue) }
}
