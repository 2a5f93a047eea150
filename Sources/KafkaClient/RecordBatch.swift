import CRdKafka

/// Records read together. Owns them where they lie in the client's memory and frees them when it goes.
///
/// Does not change once `KafkaConsumer.next` has returned it, so it may be read on any thread.
package final class RecordBatch: @unchecked Sendable, RandomAccessCollection {
    package private(set) var count = 0
    /// Of keys and values together.
    private(set) var bytes = 0
    private(set) var ranges: [OffsetRange] = []
    /// Partitions whose last record as of now was in this batch or before; only told with `enable.partition.eof`.
    private(set) var ends: [TopicPartition] = []
    private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private let capacity: Int
    /// The client must outlive its messages.
    private let handle: KafkaHandle

    init(capacity: Int, _ handle: KafkaHandle) {
        self.capacity = capacity
        self.handle = handle
        messages = .allocate(capacity: capacity)
        messages.initialize(repeating: nil, count: capacity)
    }

    deinit {
        for index in 0..<count { rd_kafka_message_destroy(messages[index]) }
        messages.deallocate()
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    /// The record at this place, valid while the batch lives.
    package subscript(position: Int) -> ConsumedRecord {
        precondition(position >= 0 && position < count)
        return ConsumedRecord(messages[position]!)
    }

    /// Calls the body for each record while the batch is kept alive.
    package func forEach<Failure: Error>(_ body: (ConsumedRecord) throws(Failure) -> Void) throws(Failure) {
        for index in 0..<count { try body(self[index]) }
        withExtendedLifetime(self) {}
    }

    /// Takes what is there into the free places, waiting up to the timeout for the first record.
    ///
    /// - Parameter accept: says for each message whether it stays; refused ones are freed.
    /// - Returns: how many messages there were, refused ones included.
    func fill(
        from queue: OpaquePointer, atMost: Int, timeoutMilliseconds: Int32,
        _ accept: (rd_kafka_message_t, inout PartitionLookup) -> Int?
    ) -> Int {
        let start = count
        let read = rd_kafka_consume_batch_queue(
            queue, timeoutMilliseconds, messages + start, Swift.min(atMost, capacity - start))
        guard read > 0 else { return 0 }
        var lookup = PartitionLookup()
        for index in start..<(start + read) {
            let message = messages[index]!
            messages[index] = nil
            if let term = accept(message.pointee, &lookup) {
                messages[count] = message
                count += 1
                bytes += message.pointee.key_len + message.pointee.len
                include(message.pointee, term, &lookup)
            } else {
                rd_kafka_message_destroy(message)
            }
        }
        return read
    }

    func reachedEnd(of partition: TopicPartition) { ends.append(partition) }

    private func include(_ message: rd_kafka_message_t, _ term: Int, _ lookup: inout PartitionLookup) {
        let partition = lookup.partition(of: message)
        if let last = ranges.indices.last, ranges[last].term == term {
            ranges[last].last = message.offset
        } else if let known = ranges.firstIndex(where: { $0.term == term }) {
            ranges[known].last = message.offset
        } else {
            ranges.append(OffsetRange(partition: partition, term: term, first: message.offset, last: message.offset))
        }
    }
}

/// Names the partition of a message, and its term, without a String for each: neighbours are mostly of one partition.
struct PartitionLookup {
    private var topic: OpaquePointer?
    private var latest = TopicPartition(topic: "", partition: -1)
    private var latestTerm: Int?

    mutating func partition(of message: rd_kafka_message_t) -> TopicPartition {
        if topic != message.rkt || latest.partition != message.partition {
            topic = message.rkt
            latest = TopicPartition(
                topic: String(cString: rd_kafka_topic_name(message.rkt)), partition: message.partition)
            latestTerm = nil
        }
        return latest
    }

    /// The term in which we own the message's partition; nil when it is not ours.
    mutating func term(of message: rd_kafka_message_t, in assignment: Assignment) -> Int? {
        let partition = partition(of: message)
        if latestTerm == nil { latestTerm = assignment.terms[partition]?.number }
        return latestTerm
    }
}
