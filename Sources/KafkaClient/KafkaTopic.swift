import CRdKafka

/// A topic that a producer publishes to.
package final class KafkaTopic: @unchecked Sendable {
    package let name: String
    let pointer: OpaquePointer
    private let handle: KafkaHandle

    /// Checks a name as Kafka does: 1 to 249 letters, digits, `.`, `_` and `-`, and not `.` or `..`.
    package static func validate(_ name: String) throws(KafkaConfigurationError) {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard allowed, (1...249).contains(name.utf8.count), name != ".", name != ".." else {
            throw .refusedTopicName(name)
        }
    }

    init(_ name: String, _ handle: KafkaHandle) throws(KafkaConfigurationError) {
        try Self.validate(name)
        guard let pointer = rd_kafka_topic_new(handle.client, name, nil) else {
            throw .refusedTopicName(name)
        }
        self.name = name
        self.pointer = pointer
        self.handle = handle
    }

    deinit { rd_kafka_topic_destroy(pointer) }
}
