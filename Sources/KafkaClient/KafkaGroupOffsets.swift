import CRdKafka
package import Logging
import Synchronization

/// Where a group stands in one partition, and what the partition holds.
package struct GroupPosition: Sendable, Equatable {
    package let partition: Int32
    /// Offset of the next record the group reads; nil while it has committed none.
    package let committed: Int64?
    /// Offset of the oldest record.
    package let low: Int64
    /// The offset behind the newest record.
    package let high: Int64

    package init(partition: Int32, committed: Int64?, low: Int64, high: Int64) {
        self.partition = partition
        self.committed = committed
        self.low = low
        self.high = high
    }
}

/// Reads and sets the offsets of a group in one topic, without being a member of it.
///
/// Never asks for a description of the group: librdkafka then hangs at its end against the mock cluster. That a group
/// is active is what the brokers answer when its offsets are to be set.
package actor KafkaGroupOffsets {
    private static let answerTimeout = Duration.seconds(10)
    private static let pause = Duration.milliseconds(200)
    /// Bounds of the search for a time on brokers that do not do it.
    private static let searchRecordsMax = 2_000_000
    private static let searchTimeout = Duration.seconds(60)

    private let executor = DedicatedThreadExecutor(name: "group-offsets")
    private let configuration: KafkaConfiguration
    private let group: String
    private let topic: String
    private let logger: Logger
    private let reader: TailReader

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(
        _ configuration: KafkaConfiguration, group: String, topic: String, logger: Logger
    ) throws(KafkaConfigurationError) {
        try KafkaTopic.validate(topic)
        reader = try TailReader(configuration, topic: topic, logger)
        self.configuration = configuration
        self.group = group
        self.topic = topic
        self.logger = logger
    }

    /// Every partition, in order. Waits up to 10 s for brokers that are down.
    package func positions() throws(GroupOffsetsError) -> [GroupPosition] {
        let deadline = ContinuousClock.now + Self.answerTimeout
        repeat {
            if let found = reader.partitions(until: deadline) {
                guard !found.led.isEmpty || !found.isAll else { throw .topicMissing(topic) }
                let logs = reader.bounds(of: found.led, until: deadline)
                if found.isAll, logs.count == found.led.count { return try positions(logs) }
            }
            _ = ThreadSignal().wait(Self.pause)
        } while ContinuousClock.now < deadline
        throw .brokersUnavailable(reason: "not every partition of \(topic) told its offsets in time")
    }

    /// The first offset of each partition whose record is not older; none where all are older.
    ///
    /// - Parameter milliseconds: since 1970, compared with the records' timestamps.
    package func offsets(since milliseconds: Int64) async throws(GroupOffsetsError) -> [Int32: Int64] {
        let partitions = try positions().filter { $0.low < $0.high }.map(\.partition)
        let found = try ask(partitions, since: milliseconds)
        guard found.isEmpty, !partitions.isEmpty else { return found }
        // Brokers that know the question find every record since 1970; the mock cluster finds none at any time.
        guard try ask(partitions, since: 1).isEmpty else { return [:] }
        return try await search(since: milliseconds)
    }

    /// Makes the group go on at these offsets.
    ///
    /// - Throws: `groupActive` while the group has members; then nothing is changed.
    package func set(_ offsets: [Int32: Int64]) throws(GroupOffsetsError) {
        guard !offsets.isEmpty else { return }
        do throws(GroupOffsetsError) {
            try alter(offsets)
        } catch {
            // The mock cluster takes offsets of a group it has ever seen from members only.
            guard case .groupActive = error, reader.handle.isOfMockCluster(timeout: Self.answerTimeout) else {
                throw error
            }
            try OffsetsAsMember(configuration, group: group, topic: topic, logger: logger)
                .set(offsets, partitions: try positions().count)
        }
    }

    /// Makes sure that the group has no members, by giving it the offsets that it has.
    ///
    /// A partition without one gets its oldest record, where the group would begin.
    /// - Throws: `groupActive` while it has members.
    /// - Returns: where the group stands, and stays as long as no consumer joins.
    package func requireNoMembers() throws(GroupOffsetsError) -> [GroupPosition] {
        try set(positions().reduce(into: [:]) { $0[$1.partition] = $1.committed ?? $1.low })
        return try positions()
    }

    private func positions(_ logs: [Int32: OffsetBounds]) throws(GroupOffsetsError) -> [GroupPosition] {
        let committed = try committed(logs.keys.sorted())
        return logs.sorted { $0.key < $1.key }.map { partition, log in
            GroupPosition(partition: partition, committed: committed[partition], low: log.low, high: log.high)
        }
    }

    /// - Throws: when one partition does not answer: taken for one without such records, it would be left out.
    private func ask(
        _ partitions: [Int32], since milliseconds: Int64
    ) throws(GroupOffsetsError) -> [Int32: Int64] {
        let list = PartitionList(capacity: partitions.count)
        for partition in partitions {
            list.add(TopicPartition(topic: topic, partition: partition), offset: milliseconds)
        }
        let timeout = Self.answerTimeout.wholeMilliseconds
        let code = list.lend { rd_kafka_offsets_for_times(reader.handle.client, $0, timeout) }
        if let failure = code == RD_KAFKA_RESP_ERR_NO_ERROR ? list.failure : code {
            throw .brokersUnavailable(reason: errorText(failure))
        }
        return list.offsets.reduce(into: [:]) { $0[$1.key.partition] = $1.value }
    }

    private func search(since milliseconds: Int64) async throws(GroupOffsetsError) -> [Int32: Int64] {
        let first = FirstOffsets()
        do {
            let progress = try await KafkaTopicTail(configuration, topic: topic, logger: logger).catchUp(
                since: milliseconds, recordsMax: Self.searchRecordsMax, deadline: Self.searchTimeout
            ) { first.note($0.partition, $0.offset) }
            guard progress.reachedEnd else { throw GroupOffsetsError.timesUnknown }
        } catch let error as GroupOffsetsError {
            throw error
        } catch {
            throw .brokersUnavailable(reason: "\(error)")
        }
        return first.offsets
    }

    private func committed(_ partitions: [Int32]) throws(GroupOffsetsError) -> [Int32: Int64] {
        let list = PartitionList(partitions.map { TopicPartition(topic: topic, partition: $0) })
        var request = list.lend { rd_kafka_ListConsumerGroupOffsets_new(group, $0) }
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let answer = AdminRequest(
            reader.handle, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, Self.answerTimeout
        ).send { client, options, queue in
            rd_kafka_ListConsumerGroupOffsets(client, &request, 1, options, queue)
        }
        let found = GroupAnswer(answer)
        defer { found.destroy() }
        if let code = found.failure { throw .brokersUnavailable(reason: errorText(code)) }
        return found.partitions.reduce(into: [:]) { offsets, element in
            if element.offset >= 0 { offsets[element.partition] = element.offset }
        }
    }

    private func alter(_ offsets: [Int32: Int64]) throws(GroupOffsetsError) {
        let list = PartitionList(capacity: offsets.count)
        for (partition, offset) in offsets {
            list.add(TopicPartition(topic: topic, partition: partition), offset: offset)
        }
        var request = list.lend { rd_kafka_AlterConsumerGroupOffsets_new(group, $0) }
        defer { rd_kafka_AlterConsumerGroupOffsets_destroy(request) }
        let answer = AdminRequest(
            reader.handle, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, Self.answerTimeout
        ).send { client, options, queue in
            rd_kafka_AlterConsumerGroupOffsets(client, &request, 1, options, queue)
        }
        let found = GroupAnswer(answer)
        defer { found.destroy() }
        guard let code = found.failure else { return }
        throw code.meansMembers
            ? .groupActive(group: group, reason: errorText(code)) : .notSet(reason: errorText(code))
    }
}

/// The answer to an admin request about one group.
private struct GroupAnswer {
    private let event: OpaquePointer?
    private let group: OpaquePointer?

    init(_ event: OpaquePointer?) {
        self.event = event
        var count = 0
        guard let event, rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            group = nil
            return
        }
        let groups =
            rd_kafka_event_type(event) == RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT
            ? rd_kafka_ListConsumerGroupOffsets_result_groups(
                rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
            : rd_kafka_AlterConsumerGroupOffsets_result_groups(
                rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count)
        group = count == 1 ? groups?[0] : nil
    }

    func destroy() {
        if let event { rd_kafka_event_destroy(event) }
    }

    var failure: rd_kafka_resp_err_t? {
        guard let event else { return RD_KAFKA_RESP_ERR__TIMED_OUT }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return code }
        guard let group else { return RD_KAFKA_RESP_ERR__BAD_MSG }
        if let error = rd_kafka_group_result_error(group) { return rd_kafka_error_code(error) }
        return partitions.map(\.err).first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
    }

    var partitions: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        guard let group, let list = rd_kafka_group_result_partitions(group) else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        return UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    }
}

private final class FirstOffsets: Sendable {
    private let first = Mutex<[Int32: Int64]>([:])

    var offsets: [Int32: Int64] { first.withLock { $0 } }

    func note(_ partition: Int32, _ offset: Int64) {
        first.withLock { if $0[partition] == nil { $0[partition] = offset } }
    }
}

extension rd_kafka_resp_err_t {
    /// What brokers answer to somebody outside a group that has members.
    fileprivate var meansMembers: Bool {
        [
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP,
            RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
        ].contains(self)
    }
}
