/// What a program counts of its Kafka client. Called on the thread that serves events or polls: return at once.
package protocol KafkaObserver: Sendable {
    /// A batch of delivery reports was handed out; `failed` of `count` were failures.
    func deliveryReports(count: Int, failed: Int)
    /// The client met an error that belongs to no record, such as a lost connection.
    func brokerError(_ error: KafkaBrokerError)
    /// Records of the topic were passed over because the client could not read them.
    func recordErrors(count: Int)
    /// librdkafka's statistics, when `statistics.interval.ms` is set.
    func statistics(_ json: String)
}

extension KafkaObserver {
    package func deliveryReports(count: Int, failed: Int) {}
    package func brokerError(_ error: KafkaBrokerError) {}
    package func recordErrors(count: Int) {}
    package func statistics(_ json: String) {}
}

/// An error of the connection or the client as a whole.
package struct KafkaBrokerError: Sendable, Equatable {
    /// librdkafka's name, such as `_ALL_BROKERS_DOWN`; a bounded set, so fit for a metric label.
    package let name: String
    package let reason: String
    /// Whether the client can no longer be used.
    package let isFatal: Bool
}
