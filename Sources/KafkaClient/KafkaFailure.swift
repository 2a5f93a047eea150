import ServiceLifecycle

/// Ends the program when the Kafka client has failed for good: librdkafka cannot recover from a fatal error (a fenced
/// producer, a broken sequence), and a new process can.
package final class KafkaFailure: Service {
    private let errors: AsyncStream<KafkaBrokerError>
    private let continuation: AsyncStream<KafkaBrokerError>.Continuation

    package init() {
        (errors, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Takes note of an error; only a fatal one has a consequence.
    package func report(_ error: KafkaBrokerError) {
        if error.isFatal { continuation.yield(error) }
    }

    /// Waits for a fatal error or graceful shutdown.
    ///
    /// - Throws: `KafkaClientFailed`, which makes the supervisor start a new process.
    package func run() async throws {
        for await error in errors.cancelOnGracefulShutdown() { throw KafkaClientFailed(error: error) }
    }
}

/// The client is of no use any more.
package struct KafkaClientFailed: Error, CustomStringConvertible {
    package let error: KafkaBrokerError

    package var description: String { "the Kafka client failed for good: \(error.name), \(error.reason)" }
}
