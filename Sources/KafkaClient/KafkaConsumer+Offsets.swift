import CRdKafka

extension KafkaConsumer {
    /// How long a rewind may wait for the brokers.
    private static let rewindTimeout = Duration.seconds(10)
    /// How long `lag` may wait for offsets it does not know.
    private static let lagTimeout = Duration.seconds(1)

    /// Commits everything the batch has, and what earlier calls could not, and waits for the coordinator's answer.
    ///
    /// Partitions that were revoked since the batch was read are left to their new owner, and no partition is ever
    /// set back.
    ///
    /// - Throws: `rebalancing` when this member has been put out of the group. What was not committed is kept for the
    ///   next call of this or of `commitRest`, as long as the partitions are ours.
    package func commit(_ batch: RecordBatch) throws(KafkaConsumerError) {
        guard !isClosed else { throw .closed }
        state.assignment.done(batch.ranges)
        try commitRest()
    }

    /// Commits what earlier calls could not. Asks nobody when there is nothing of the kind.
    ///
    /// - Throws: as `commit` does.
    package func commitRest() throws(KafkaConsumerError) {
        guard !isClosed else { throw .closed }
        // librdkafka would still send offsets that are named, and without a member id a group that is empty by now
        // takes them from anybody.
        guard !isAssignmentLost else { throw .rebalancing }
        let offsets = state.assignment.uncommitted
        guard !offsets.isEmpty else { return }
        let list = PartitionList(capacity: offsets.count)
        for (partition, offset) in offsets { list.add(partition, offset: offset) }
        let code = list.lend { rd_kafka_commit(handle.client, $0, 0) }
        if let fatal = state.fatal { throw fatal }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaConsumerError(commit: code) }
        for (partition, offset) in offsets { state.assignment.committed(partition, next: offset) }
    }

    /// Makes `next` return the batch's records again, as far as their partitions are still ours: for a batch that
    /// could not be applied.
    package func seekBack(_ batch: RecordBatch) throws(KafkaConsumerError) {
        guard !isClosed else { throw .closed }
        let ranges = state.assignment.owned(batch.ranges)
        guard !ranges.isEmpty else { return }
        let list = PartitionList(capacity: ranges.count)
        for range in ranges { list.add(range.partition, offset: range.first) }
        let timeout = Self.rewindTimeout.wholeMilliseconds
        if let error = list.lend({ rd_kafka_seek_partitions(handle.client, $0, timeout) }) {
            defer { rd_kafka_error_destroy(error) }
            throw .notRewound(reason: String(cString: rd_kafka_error_string(error)))
        }
        if let code = list.failure { throw .notRewound(reason: errorText(code)) }
    }

    /// Stops fetching from the partitions owned now; `next` keeps the membership alive and returns nothing.
    package func pause() { PartitionList(assignment).lend { rd_kafka_pause_partitions(handle.client, $0) } }

    package func resume() { PartitionList(assignment).lend { rd_kafka_resume_partitions(handle.client, $0) } }

    /// How far behind the end of each owned partition this member is.
    ///
    /// The ends are those of the last fetch. Waits up to a second for the group's offset of a partition from which
    /// nothing was read yet.
    package func lag() -> [TopicPartition: PartitionLag] {
        let partitions = assignment
        guard !partitions.isEmpty, !isClosed else { return [:] }
        let read = PartitionList(partitions)
        read.lend { rd_kafka_position(handle.client, $0) }
        let positions = read.offsets
        let committed = committedOffsets(of: partitions.filter { positions[$0] == nil })
        return Dictionary(
            uniqueKeysWithValues: partitions.map { ($0, lag(of: $0, read: positions[$0], committed: committed[$0])) })
    }

    private func lag(of partition: TopicPartition, read: Int64?, committed: Int64?) -> PartitionLag {
        var low: Int64 = -1
        var high: Int64 = -1
        let code = rd_kafka_get_watermark_offsets(
            handle.client, partition.topic, partition.partition, &low, &high)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else {
            return PartitionLag(position: read ?? committed, end: nil)
        }
        return PartitionLag(read: read, committed: committed, low: low, high: high)
    }

    /// Asks the coordinator once for each partition and term.
    private func committedOffsets(of partitions: [TopicPartition]) -> [TopicPartition: Int64] {
        let unknown = partitions.filter { state.assignment.terms[$0]?.committed == nil }
        if !unknown.isEmpty {
            let list = PartitionList(unknown)
            list.lend { rd_kafka_committed(handle.client, $0, Self.lagTimeout.wholeMilliseconds) }
            for (partition, offset) in list.offsets { state.assignment.committed(partition, next: offset) }
        }
        return partitions.reduce(into: [:]) { $0[$1] = state.assignment.terms[$1]?.committed }
    }
}

/// Where a member stands in a partition.
package struct PartitionLag: Sendable, Equatable {
    /// The next offset to read; nil while unknown.
    package let position: Int64?
    /// The offset after the last record; nil until the first fetch.
    package let end: Int64?

    init(position: Int64?, end: Int64?) {
        self.position = position
        self.end = end
    }

    /// A member that has read nothing stands at the oldest record there is, whatever the group has committed before
    /// that: what retention has removed is not to be read.
    ///
    /// - Parameters:
    ///   - read: the offset after what the member has read; nil before the first record.
    ///   - low: offset of the oldest record; negative while unknown.
    ///   - high: the offset after the last record.
    init(read: Int64?, committed: Int64?, low: Int64, high: Int64) {
        // What was fetched before retention removed it is still to come.
        self.init(position: read ?? Swift.max(committed ?? 0, low, 0), end: high)
    }

    /// Records still to read; nil while either is unknown.
    package var records: Int64? {
        guard let position, let end else { return nil }
        return max(end - position, 0)
    }
}
