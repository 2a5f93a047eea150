import CRdKafka
import Logging

/// Sets the offsets of a group as its only member, for the mock cluster, which takes them from members only.
///
/// Other members take part in a rebalance while this finds out that they are there.
struct OffsetsAsMember {
    /// Longer than the session of a consumer that was killed, and as the mock cluster lets it last.
    private static let joinTimeout = Duration.seconds(30)
    private static let wait = Duration.milliseconds(100)

    private let configuration: KafkaConfiguration
    private let group: String
    private let topic: String
    private let logger: Logger

    init(_ configuration: KafkaConfiguration, group: String, topic: String, logger: Logger) {
        // A static member would keep its partitions.
        self.configuration = configuration.leavingOut(["group.instance.id"])
        self.group = group
        self.topic = topic
        self.logger = logger
    }

    /// - Parameter partitions: how many the topic has; a member that gets fewer is not the only one.
    func set(_ offsets: [Int32: Int64], partitions: Int) throws(GroupOffsetsError) {
        do {
            let consumer = try KafkaConsumer(
                configuration, groupID: group, topics: [topic], logger: logger, observer: nil)
            defer { consumer.close() }
            let deadline = ContinuousClock.now + Self.joinTimeout
            while consumer.assignment.isEmpty, ContinuousClock.now < deadline {
                _ = try consumer.next(max: 1, timeout: Self.wait)
            }
            guard consumer.assignment.count == partitions else {
                throw GroupOffsetsError.groupActive(group: group, reason: "another member has partitions")
            }
            try commit(offsets, consumer.handle)
        } catch let error as GroupOffsetsError {
            throw error
        } catch {
            throw .notSet(reason: "\(error)")
        }
    }

    private func commit(_ offsets: [Int32: Int64], _ handle: KafkaHandle) throws(GroupOffsetsError) {
        let list = PartitionList(capacity: offsets.count)
        for (partition, offset) in offsets {
            list.add(TopicPartition(topic: topic, partition: partition), offset: offset)
        }
        let code = list.lend { rd_kafka_commit(handle.client, $0, 0) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .notSet(reason: errorText(code)) }
    }
}
