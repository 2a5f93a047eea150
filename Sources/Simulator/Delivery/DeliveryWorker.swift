import Foundation
import Logging
import ServiceLifecycle
import ServiceRuntime
import ZitadelClient

/// Posts the events of the queue as Zitadel does: one at a time, in order, signed at the moment of the call, once.
///
/// A failed call is not repeated; a job older than five minutes is dropped without one.
struct DeliveryWorker: Service {
    enum Timing: String, Sendable, CaseIterable {
        /// Zitadel's job queue looks for work every second, and 100 ms after each job it found.
        case zitadel
        /// Each event at once.
        case immediate
    }

    /// Zitadel's `Executions.TransactionDuration`.
    private static let callTimeoutMilliseconds = 10_000
    /// Zitadel's `Executions.MaxTtl`.
    private static let jobAgeMax = Duration.seconds(300)
    private static let fetchSeconds = 1.0
    private static let cooldownSeconds = 0.1

    let queue: DeliveryQueue
    let url: String
    let signingKey: String
    let timing: Timing
    let clock: WallClock
    let logger: Logger
    /// The time the age of a job is measured by.
    var now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await onNamedThread("webhook") { work() }
            } onCancel: {
                queue.stop()
            }
        } onGracefulShutdown: {
            queue.stop()
        }
        let pending = queue.statistics.pending
        if pending > 0 { logger.warning("Events were not delivered", metadata: [LogKey.count: "\(pending)"]) }
    }

    private func work() {
        let client = HTTPClient()
        while !queue.hasStopped {
            switch timing {
            case .immediate:
                if let job = queue.next() { queue.finished(run(job, client)) }
            case .zitadel:
                let job = queue.next(until: .distantPast)
                if let job { queue.finished(run(job, client)) }
                queue.pause(job == nil ? Self.fetchSeconds : Self.cooldownSeconds)
            }
        }
    }

    private func run(_ job: DeliveryQueue.Job, _ client: HTTPClient) -> DeliveryOutcome {
        guard now() - job.queuedAt <= Self.jobAgeMax else { return .dropped }
        let timestamp = clock.microseconds() / 1_000_000
        let signature = WebhookSigner.signatureHeader(key: signingKey, timestamp: timestamp, body: job.body)
        let call = HTTPClient.Call(
            url: url, headers: ["Content-Type: application/json", "\(SignatureVerifier.headerName): \(signature)"],
            body: job.body, timeoutMilliseconds: Self.callTimeoutMilliseconds)
        do throws(HTTPClient.Failure) {
            let status = try client.send(call).status
            guard !(200..<300).contains(status) else {
                logger.debug("Event delivered", metadata: [LogKey.eventID: "\(job.name)"])
                return .delivered
            }
            logger.warning("Event refused", metadata: [LogKey.eventID: "\(job.name)", LogKey.status: "\(status)"])
            return .refused(status: status)
        } catch {
            logger.warning("Event lost", metadata: [LogKey.eventID: "\(job.name)", LogKey.error: "\(error)"])
            return .unreachable
        }
    }
}
