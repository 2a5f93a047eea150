import Foundation
import Logging
import ServiceLifecycle
import ServiceRuntime
import ZitadelClient

/// Calls the targets of the queue's jobs as Zitadel does: one at a time, in order, signed at the moment of the call,
/// once.
///
/// A failed call is not repeated; a job older than five minutes is dropped without one.
struct DeliveryWorker: Service {
    enum Timing: String, Sendable, CaseIterable {
        /// Zitadel's job queue looks for work every second, and 100 ms after each job it found.
        case zitadel
        /// Each event at once.
        case immediate
    }

    /// Zitadel's `Executions.TransactionDuration`: for all targets of a job together.
    static let jobTimeoutMilliseconds = 10_000
    /// Zitadel's `Executions.MaxTtl`.
    private static let jobAgeMax = Duration.seconds(300)
    private static let fetchSeconds = 1.0
    private static let cooldownSeconds = 0.1

    let queue: DeliveryQueue
    let timing: Timing
    let clock: WallClock
    let logger: Logger
    /// Checked again at each call; `nil` calls everybody.
    var denyList: DenyList?
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
        let asyncCalls = OperationQueue()
        while !queue.hasStopped {
            switch timing {
            case .immediate:
                if let job = queue.next() { run(job, client, asyncCalls) }
            case .zitadel:
                let job = queue.next(until: .distantPast)
                if let job { run(job, client, asyncCalls) }
                queue.pause(job == nil ? Self.fetchSeconds : Self.cooldownSeconds)
            }
        }
        asyncCalls.waitUntilAllOperationsAreFinished()
    }

    private func run(_ job: DeliveryJob, _ client: HTTPClient, _ asyncCalls: OperationQueue) {
        let start = now()
        guard start - job.queuedAt <= Self.jobAgeMax else { return queue.finished([.dropped]) }
        var outcomes: [DeliveryOutcome] = []
        for call in job.calls {
            let elapsed = Int((ContinuousClock.now - start) / .milliseconds(1))
            let rest = Self.jobTimeoutMilliseconds - max(0, elapsed)
            if call.isAsync {
                asyncCalls.addOperation { queue.count(post(job, call, HTTPClient(), call.timeoutMilliseconds)) }
                continue
            }
            guard rest > 0 else {
                outcomes.append(.unreachable)
                continue
            }
            outcomes.append(post(job, call, client, min(rest, call.timeoutMilliseconds)))
            if call.interruptOnError, outcomes.last != .delivered { break }
        }
        queue.finished(outcomes)
    }

    private func post(
        _ job: DeliveryJob, _ call: DeliveryJob.Call, _ client: HTTPClient, _ timeoutMilliseconds: Int
    ) -> DeliveryOutcome {
        if let denyList, denyList.denies(host: URLComponents(string: call.endpoint)?.host ?? "") {
            logger.warning("Event not sent to a denied address", metadata: [LogKey.eventID: "\(job.name)"])
            return .unreachable
        }
        var headers = ["Content-Type: application/json"]
        if !call.signingKey.isEmpty {
            let timestamp = clock.microseconds() / 1_000_000
            let signature = WebhookSigner.signatureHeader(key: call.signingKey, timestamp: timestamp, body: job.body)
            headers.append("\(SignatureVerifier.headerName): \(signature)")
        }
        let request = HTTPClient.Call(
            url: call.endpoint, headers: headers, body: job.body, timeoutMilliseconds: timeoutMilliseconds)
        do throws(HTTPClient.Failure) {
            let answer = try client.send(request)
            guard !(200..<300).contains(answer.status) || Self.isForwardedError(answer.body) else {
                logger.debug("Event delivered", metadata: [LogKey.eventID: "\(job.name)"])
                return .delivered
            }
            logger.warning(
                "Event refused", metadata: [LogKey.eventID: "\(job.name)", LogKey.status: "\(answer.status)"])
            return .refused(status: answer.status)
        } catch {
            logger.warning("Event lost", metadata: [LogKey.eventID: "\(job.name)", LogKey.error: "\(error)"])
            return .unreachable
        }
    }

    /// Zitadel takes such an answer for an error, whatever its status.
    private static func isForwardedError(_ body: [UInt8]) -> Bool {
        struct Forwarded: Decodable {
            var forwardedStatusCode: Int?
            var forwardedErrorMessage: String?
        }
        guard !body.isEmpty, let answer = try? JSONDecoder().decode(Forwarded.self, from: Data(body)) else {
            return false
        }
        return answer.forwardedStatusCode ?? 0 != 0 || answer.forwardedErrorMessage?.isEmpty == false
    }
}
