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
        // Opened for the first record: earlier, brokers that create topics by themselves would be ahead of TopicSetup.
        let topic = try producer.topic(name)
        return await withTaskGroup(of: (Int, PublishError?).self) { tasks in
            for (index, record) in records.enumerated() {
                tasks.addTask { (index, await publish(record, to: topic)) }
            }
            var failures = [PublishError?](repeating: nil, count: records.count)
            for await (index, failure) in tasks { failures[index] = failure }
            return failures
        }
    }

    private func publish(_ record: StreamRecord, to topic: KafkaTopic) async -> PublishError? {
        do throws(PublishError) {
            try await producer.publish(to: topic, key: record.userID.bytes, value: record.line)
            return nil
        } catch {
            return error
        }
    }
}
