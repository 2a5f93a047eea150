import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime

/// Publishes until graceful shutdown; the slice at hand is finished first.
///
/// Neither the topic nor the outbox holds up those who apply events: what fails here is told and tried again.
struct StreamService: Service {
    let publisher: StreamPublisher
    let status: StreamStatus
    let logger: Logger

    /// How long a change waits at most until it is seen.
    private static let idlePause = Duration.milliseconds(100)
    /// How often a process looks whether it is its turn.
    private static let turnPause = Duration.seconds(1)
    /// How often the depth of the outbox is taken.
    private static let measureInterval = Duration.seconds(2)

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await publishUntilCancelled() }
        } catch is CancellationError {
            // Graceful shutdown: what is left is in the outbox.
        }
        await publisher.release()
    }

    private func publishUntilCancelled() async throws {
        var backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(5))
        var measureDue = ContinuousClock.now
        while true {
            try Task.checkCancellation()
            do {
                let round = try await publisher.round()
                if ContinuousClock.now >= measureDue {
                    try await publisher.measure()
                    measureDue = .now + Self.measureInterval
                }
                status.outboxRecovered()
                // Another process may have published what this one could not.
                if round == .nothingToDo { status.topicRecovered() }
                if let pause = try pause(after: round, &backoff) { try await Task.sleep(for: pause) }
            } catch let error as StateError {
                tell(error)
                try await Task.sleep(for: backoff.attemptFailed())
            }
        }
    }

    private func pause(after round: StreamPublisher.Round, _ backoff: inout Backoff) throws(PublishError) -> Duration? {
        if case .failed(let error) = round {
            if error.disposition == .stop { throw error }
            return backoff.attemptFailed()
        }
        backoff.attemptSucceeded()
        return switch round {
        case .published, .failed: nil
        case .nothingToDo: Self.idlePause
        case .waiting: Self.turnPause
        }
    }

    private func tell(_ error: StateError) {
        // Whoever applies events makes the schema, which may take a moment at the start.
        if case .missing = error { return }
        guard status.outboxFailed("\(error)") else { return }
        logger.error(
            "The outbox of the state topic cannot be worked off; trying again", metadata: [LogKey.reason: "\(error)"])
    }
}
