import KafkaClient

/// The topic of the cursors, whose one partition elects the bridge that polls.
struct CursorTopic: Sendable {
    /// One partition: whoever owns it polls. Compacted: only the newest record of a key counts.
    static func wanted(_ name: String) -> WantedTopic {
        WantedTopic(name: name, partitions: 1, configuration: [("cleanup.policy", "compact")])
    }

    /// The consumer group that elects. Bridges of another events topic have their own poller.
    static func group(cursorTopic: String, eventsTopic: String) -> String { "\(cursorTopic).\(eventsTopic)" }

    let name: String
    let producer: KafkaProducer

    /// Returns once every in-sync replica has the record.
    func write(_ key: [UInt8], _ value: [UInt8]) async throws(PublishError) {
        let topic: KafkaTopic
        do throws(KafkaConfigurationError) {
            topic = try producer.topic(name)
        } catch {
            throw .topicMissing
        }
        try await producer.publish(to: topic, key: key, value: value)
    }
}

/// Writes one cursor into the cursor topic.
struct KafkaCursorStore: CursorStore {
    let topic: CursorTopic
    /// Asked right before each write; nil while nothing may be written, as when somebody else may be polling.
    let key: @Sendable () -> [UInt8]?

    func save(_ cursor: PollCursor) async throws(PublishError) {
        guard let key = key() else { throw .closed }
        try await topic.write(key, cursor.json)
    }
}
