import CRdKafka

/// What the brokers say of a topic.
enum TopicMetadata: Equatable {
    case found(partitions: Int, replicationFactor: Int, withoutLeader: [Int32])
    case missing
    case notAnswered(PublishError)

    /// Asks a broker; blocks for up to the timeout.
    ///
    /// A producer's request lets brokers that create topics by themselves create it.
    static func ask(_ handle: KafkaHandle, for topic: String, timeout: Duration) -> TopicMetadata {
        guard let pointer = rd_kafka_topic_new(handle.client, topic, nil) else { return .missing }
        defer { rd_kafka_topic_destroy(pointer) }
        return ask(handle, pointer, topic, timeout)
    }

    /// Asks for all topics, which creates none; for cold callers.
    static func askWithoutCreating(_ handle: KafkaHandle, for topic: String, timeout: Duration) -> TopicMetadata {
        ask(handle, nil, topic, timeout)
    }

    private static func ask(
        _ handle: KafkaHandle, _ pointer: OpaquePointer?, _ name: String, _ timeout: Duration
    ) -> TopicMetadata {
        var answer: UnsafePointer<rd_kafka_metadata_t>?
        let code = rd_kafka_metadata(
            handle.client, pointer == nil ? 1 : 0, pointer, &answer, timeout.wholeMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { return .notAnswered(PublishError(code)) }
        defer { rd_kafka_metadata_destroy(answer) }
        let topics = UnsafeBufferPointer(start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt))
        guard let topic = topics.first(where: { String(cString: $0.topic) == name }) else { return .missing }
        return TopicMetadata(topic)
    }

    private init(_ topic: rd_kafka_metadata_topic) {
        let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
        let error = PublishError(topic.err)
        if topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, !partitions.isEmpty {
            self = .found(
                partitions: partitions.count, replicationFactor: Int(partitions[0].replica_cnt),
                withoutLeader: partitions.filter { $0.leader < 0 }.map(\.id))
        } else if topic.err == RD_KAFKA_RESP_ERR_NO_ERROR || error == .topicMissing {
            self = .missing
        } else {
            self = .notAnswered(error)
        }
    }
}
