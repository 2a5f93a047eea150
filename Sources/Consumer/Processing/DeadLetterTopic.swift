import KafkaClient
import Logging
import ServiceRuntime

/// The dead letter topic as the loop writes it.
struct DeadLetterTopic: Sendable {
    let producer: KafkaProducer
    let name: String
    let status: ProcessorStatus
    let logger: Logger

    /// Publishes letters together; their order is told by their headers.
    ///
    /// - Returns: for each letter why it is not acknowledged.
    func publish(_ letters: [DeadLetter]) async throws(KafkaConfigurationError) -> [PublishError?] {
        try await producer.publish(
            letters.map { OutgoingRecord(key: $0.key, value: $0.value, headers: $0.headers) }, to: name)
    }

    /// Says what has become of a slice, on `/readyz` and in the log.
    func tell(_ step: DeadLetterQueue.Step, _ failures: [PublishError?]) {
        switch step {
        case .goOn: status.deadLetterFailed(nil)
        case .tryAgain(let error), .end(let error):
            status.deadLetterFailed("topic \(name) takes no dead letter: \(error)")
            logger.error(
                "Dead letter not acknowledged; trying again",
                metadata: [LogKey.count: "\(failures.count { $0 != nil })", LogKey.reason: "\(error)"])
        }
    }
}
