import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime

/// Brings every reason for an early poll to the bridge that polls: this one, or another through the cursor topic.
final class CatchUpRequests: Service {
    /// Requests of other bridges are written this far apart, and again this long after a failure.
    private static let spacing = Duration.seconds(1)

    private let election: PollElection
    private let topic: CursorTopic
    private let bridgeID: [UInt8]
    private let signals: AsyncStream<PollSignal>.Continuation
    private let logger: Logger
    private let requests: AsyncStream<CatchUpReason>
    private let requesting: AsyncStream<CatchUpReason>.Continuation

    init(
        election: PollElection, topic: CursorTopic, bridgeID: [UInt8],
        signals: AsyncStream<PollSignal>.Continuation, logger: Logger
    ) {
        self.election = election
        self.topic = topic
        self.bridgeID = bridgeID
        self.signals = signals
        self.logger = logger
        // Further requests ask for the same poll as those that wait.
        (requests, requesting) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4))
    }

    /// From any thread; costs little, however often it is called.
    func request(_ reason: CatchUpReason) {
        requesting.yield(reason)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            for await reason in requests {
                do { try await bring(reason) } catch { return }
            }
        }
    }

    /// - Throws: `CancellationError`.
    private func bring(_ reason: CatchUpReason) async throws {
        while !election.isElected {
            // Before the instance is known there is no poller to ask; whoever becomes it polls at once.
            if let keys = election.keys, await ask(keys) { return try await Task.sleep(for: Self.spacing) }
            try await Task.sleep(for: Self.spacing)
        }
        signals.yield(.catchUp(reason))
    }

    private func ask(_ keys: CursorKeys) async -> Bool {
        do throws(PublishError) {
            try await topic.write(keys.catchUp, bridgeID)
            return true
        } catch {
            logger.debug("The polling bridge cannot be asked yet", metadata: [LogKey.reason: "\(error)"])
            return false
        }
    }
}
