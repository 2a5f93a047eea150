import EventContract
import KafkaClient

/// A record of the state topic: the line of one user, or that there is none.
struct StreamRecord: Sendable {
    let userID: UTF8Text
    /// nil is a tombstone.
    let line: [UInt8]?
}

/// The state topic as the publisher writes it.
struct StreamTopic: Sendable {
    let producer: KafkaProducer
    let name: String

    /// Lines are keyed by user, so that partitions divide them as they divide the events.
    static func wanted(_ name: String) -> WantedTopic {
        WantedTopic(name: name, partitions: 12, configuration: [("cleanup.policy", "compact")])
    }

    /// Publishes records of different users.
    ///
    /// - Returns: for each record why it is not acknowledged; nil once every in-sync replica has it.
    func publish(_ records: [StreamRecord]) async throws(KafkaConfigurationError) -> [PublishError?] {
        try await producer.publish(
            records.map { OutgoingRecord(key: $0.userID.bytes, value: $0.line) }, to: name)
    }
}
