import FoundationEssentials
package import Logging
import Synchronization

/// Zitadel's API as the bridge uses it: events search, instance, targets and executions.
///
/// Safe to share between tasks. A request that failed is repeated within the call as `RetryPolicy` says, and never when
/// Zitadel said no; what is thrown then is the last failure.
package final class ZitadelAPI: Sendable {
    let configuration: ZitadelAPIConfiguration
    let flavour = Mutex<ActionsFlavour?>(nil)
    private let transport: HTTPTransport
    private let observer: (any ZitadelAPIObserver)?
    private let logger: Logger
    private let retry: RetryPolicy
    private let sleep: @Sendable (Duration) async throws -> Void

    package init(
        _ configuration: ZitadelAPIConfiguration, transport: HTTPTransport = HTTPTransport(),
        observer: (any ZitadelAPIObserver)? = nil, logger: Logger, retry: RetryPolicy = RetryPolicy(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.configuration = configuration
        self.transport = transport
        self.observer = observer
        self.logger = logger
        self.retry = retry
        self.sleep = sleep
    }

    /// Cancels every call, those to come too.
    package func close() {
        transport.close()
    }

    /// Calls and reads the answer, again after a failure that may pass.
    func perform<Value: Sendable>(
        _ call: ZitadelCall, read: (HTTPResponse) throws(ZitadelAPIError) -> Value
    ) async throws(ZitadelAPIError) -> Value {
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            let elapsed = start.duration(to: .now)
            do throws(AttemptFailure) {
                return try await self.attempt(call, timeLeft: retry.callMax - elapsed, read)
            } catch {
                guard
                    let pause = retry.pause(
                        after: attempt, error.reason, canRepeat: call.isRepeatable || !error.wasServed,
                        elapsed: start.duration(to: .now), jitter: .random(in: 0...1))
                else { throw error.reason }
                logRepetition(call, error.reason, pause)
                do { try await sleep(pause) } catch { throw .cancelled }
            }
            attempt += 1
        }
    }

    private func attempt<Value: Sendable>(
        _ call: ZitadelCall, timeLeft: Duration, _ read: (HTTPResponse) throws(ZitadelAPIError) -> Value
    ) async throws(AttemptFailure) -> Value {
        let start = ContinuousClock.now
        var outcome = ZitadelRequestOutcome.success
        defer { observer?.requestEnded(call.operation, outcome, after: start.duration(to: .now)) }
        do throws(AttemptFailure) {
            return try await send(call, timeLeft, read)
        } catch {
            outcome = ZitadelRequestOutcome(error.reason)
            throw error
        }
    }

    private func send<Value: Sendable>(
        _ call: ZitadelCall, _ timeLeft: Duration, _ read: (HTTPResponse) throws(ZitadelAPIError) -> Value
    ) async throws(AttemptFailure) -> Value {
        let response: HTTPResponse
        do throws(HTTPFailure) {
            response = try await transport.send(call.request(configuration, timeLeft: timeLeft))
        } catch {
            throw AttemptFailure(reason: ZitadelAPIError(error), wasServed: error.wasSent)
        }
        do throws(ZitadelAPIError) {
            guard (200..<300).contains(response.status) else {
                throw ZitadelAPIError(refusal: response, hiding: configuration.token)
            }
            return try read(response)
        } catch {
            // A request too many is turned away before it is looked at.
            throw AttemptFailure(reason: error, wasServed: error.status != 429)
        }
    }

    private func logRepetition(_ call: ZitadelCall, _ error: ZitadelAPIError, _ pause: Duration) {
        logger.info(
            "Zitadel is asked again",
            metadata: [
                ZitadelLogKey.operation: "\(call.operation.rawValue)", ZitadelLogKey.reason: "\(error)",
                ZitadelLogKey.wait: "\(pause)",
            ])
    }
}

/// Metadata keys of this module's log lines.
enum ZitadelLogKey {
    static let operation = "operation"
    static let reason = "reason"
    static let wait = "wait"
}

private struct AttemptFailure: Error {
    let reason: ZitadelAPIError
    /// Zitadel may have done what it was asked.
    let wasServed: Bool
}

extension ZitadelAPIError {
    static let cancelled = ZitadelAPIError(.cancelled, message: "cancelled")

    init(_ failure: HTTPFailure) {
        switch failure.kind {
        case .cancelled: self = .cancelled
        case .transport, .busy: self.init(.unreachable, message: failure.reason)
        case .tooLarge:
            let isRefusal = failure.status.map { !(200..<300).contains($0) } ?? false
            self.init(isRefusal ? .refused : .tooLarge, status: failure.status, message: failure.reason)
        }
    }
}
