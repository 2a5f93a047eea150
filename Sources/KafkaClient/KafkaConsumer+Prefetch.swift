import CRdKafka

extension KafkaConsumer {
    /// What librdkafka fetches ahead: 16 MiB, and beyond that at most one answer of 8 MiB from each broker.
    static let prefetch: [(name: String, value: String)] =
        [("queued.max.messages.kbytes", "16384"), ("fetch.max.bytes", "8388608")]
        + (looksAgainByItself ? [("fetch.queue.backoff.ms", "20")] : [])

    /// Whether this librdkafka can be told how long to leave partitions alone once the prefetch is full.
    private static let looksAgainByItself = rd_kafka_version() >= 0x0202_0000

    /// Makes librdkafka notice that the prefetch has room again.
    ///
    /// Before 2.2 a broker's thread whose partitions have all they may fetch sleeps for a second, or until it has
    /// something to send. So it gets something: a question for the offsets of the newest records, one request for each
    /// broker, whose answer nobody waits for.
    func wakeFetchers() {
        if Self.looksAgainByItself { return }
        let partitions = assignment
        if partitions.isEmpty { return }
        let list = PartitionList(capacity: partitions.count)
        for partition in partitions { list.add(partition, offset: Int64(RD_KAFKA_OFFSET_END)) }
        list.lend { _ = rd_kafka_offsets_for_times(handle.client, $0, 0) }
    }
}
