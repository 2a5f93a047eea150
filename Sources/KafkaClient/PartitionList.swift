import CRdKafka

/// An `rd_kafka_topic_partition_list_t` of ours.
struct PartitionList: ~Copyable {
    private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) { pointer = rd_kafka_topic_partition_list_new(Int32(capacity)) }

    init(_ partitions: [TopicPartition]) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(partition) }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    /// Lends the list to a call. Handing the bare pointer out would let the list die before the call.
    @discardableResult
    func lend<Result>(_ call: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result) -> Result {
        call(pointer)
    }

    func add(_ partition: TopicPartition, offset: Int64? = nil) {
        let element = rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
        if let offset { element?.pointee.offset = offset }
    }

    /// Offsets by partition, without those librdkafka marks as unknown (negative) or failed.
    var offsets: [TopicPartition: Int64] {
        var offsets: [TopicPartition: Int64] = [:]
        for element in elements where element.offset >= 0 && element.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            offsets[TopicPartition(topic: String(cString: element.topic), partition: element.partition)] =
                element.offset
        }
        return offsets
    }

    /// The first error of a single partition.
    var failure: rd_kafka_resp_err_t? { elements.map(\.err).first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR } }

    private var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: pointer.pointee.elems, count: Int(pointer.pointee.cnt))
    }
}
