import KafkaClient
import ServiceLifecycle
import ServiceRuntime

/// Sees a request through: publishes when no consumer does, else watches.
struct StreamRequestRun {
    /// How long nothing may happen. A turn of a process that was killed takes 15 s to pass on, and of one that
    /// publishes in vain almost as long as this.
    static let patience = Duration.seconds(60)
    private static let tellInterval = Duration.seconds(2)
    private static let pause = Duration.milliseconds(200)

    private let request: StreamRequest
    private let publisher: StreamPublisher
    private let tell: @Sendable (String) -> Void

    init(_ request: StreamRequest, _ publisher: StreamPublisher, tell: @escaping @Sendable (String) -> Void) {
        self.request = request
        self.publisher = publisher
        self.tell = tell
    }

    /// - Returns: what was done, for a person.
    func run() async throws -> String {
        do {
            let outcome = try await cancelWhenGracefulShutdown { try await publishUntilDone() }
            await publisher.release()
            return outcome
        } catch {
            await publisher.release()
            throw error is CancellationError ? StreamRequestFailure.stopped : error
        }
    }

    private func publishUntilDone() async throws -> String {
        let request = request
        var place = try await publisher.withOutbox { (outbox) throws(StateError) in
            try request.mark(outbox)
            return try request.place(outbox)
        }
        var deadline = ContinuousClock.now + Self.patience
        var tellDue = ContinuousClock.now + Self.tellInterval
        var reason = "another process has the turn to publish"
        while let now = place {
            try Task.checkCancellation()
            let round = try await publisher.round()
            if case .failed(let error) = round {
                if error.disposition == .stop { throw error }
                reason = "\(error)"
            }
            if round != .published { try await Task.sleep(for: Self.pause) }
            place = try await publisher.withOutbox { (outbox) throws(StateError) in try request.place(outbox) }
            if place != now { deadline = .now + Self.patience }
            if ContinuousClock.now > deadline { throw StreamRequestFailure.noProgress(reason: reason) }
            guard ContinuousClock.now > tellDue, let place else { continue }
            tell(
                try await publisher.withOutbox { (outbox) throws(StateError) in
                    try request.progress(outbox, at: place)
                })
            tellDue = .now + Self.tellInterval
        }
        return try await summary()
    }

    private func summary() async throws -> String {
        let left = try await publisher.withOutbox { (outbox) throws(StateError) in try outbox.depth().users }
        let refused = await publisher.failedCount
        if refused > 0, left > 0 { throw StreamRequestFailure.leftOver(users: left) }
        let own = await publisher.publishedCount
        return own > 0 ? "Published \(own) records." : "Published by a running consumer."
    }
}
