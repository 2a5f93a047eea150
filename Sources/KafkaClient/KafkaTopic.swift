import CRdKafka

/// A topic that a producer publishes to.
package final class KafkaTopic: @unchecked Sendable {
    package let name: String
    let pointer: OpaquePointer
    private let handle: KafkaHandle

    init(_ name: String, _ handle: KafkaHandle) throws(KafkaConfigurationError) {
        guard !name.isEmpty, let pointer = rd_kafka_topic_new(handle.client, name, nil) else {
            throw .refusedTopicName(name)
        }
        self.name = name
        self.pointer = pointer
        self.handle = handle
    }

    deinit { rd_kafka_topic_destroy(pointer) }
}
