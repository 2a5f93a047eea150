import EventContract
import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// Stands for election as the bridge that polls, and tells the poller what it needs: its cursor, and what others ask.
///
/// The cursor's key names the instance, so nobody polls before Zitadel has told which it is.
final class PollElection: Service {
    private struct State {
        var keys: CursorKeys?
        /// The cursor topic's records; nil while not elected.
        var latest: [[UInt8]: [UInt8]]?
        var isAnnounced = false
    }

    private let election: KafkaElection
    private let eventsTopic: String
    /// Tells our own requests from those of others.
    private let bridgeID: [UInt8]
    private let signals: AsyncStream<PollSignal>.Continuation
    private let logger: Logger
    private let state = Mutex(State())

    init(
        _ election: KafkaElection, eventsTopic: String, bridgeID: [UInt8],
        signals: AsyncStream<PollSignal>.Continuation, logger: Logger
    ) {
        self.election = election
        self.eventsTopic = eventsTopic
        self.bridgeID = bridgeID
        self.signals = signals
        self.logger = logger
    }

    /// Whether this bridge polls, or is about to.
    var isElected: Bool { election.isElected }

    /// The keys of our records; nil before the instance is known.
    var keys: CursorKeys? { state.withLock { $0.keys } }

    /// The key under which the cursor may be written now; nil when that is not this bridge's to do.
    var cursorKeyWhileElected: [UInt8]? { isElected ? keys?.cursor : nil }

    func instanceKnown(_ id: String) {
        state.withLock { $0.keys = CursorKeys(instanceID: id, topic: eventsTopic) }
        announce()
    }

    func run() async throws {
        do {
            while let event = try await election.next() { handle(event) }
        } catch {
            await election.close()
            signals.yield(.deposed)
            throw error
        }
        // Leaving at once lets another bridge take over while we shut down.
        await election.close()
        signals.yield(.deposed)
    }

    private func handle(_ event: KafkaElection.Event) {
        switch event {
        case .elected(let latest):
            logger.info("Elected: this bridge polls")
            state.withLock { $0.latest = latest }
            announce()
        case .deposed:
            logger.info("No longer elected: another bridge polls")
            state.withLock {
                $0.latest = nil
                $0.isAnnounced = false
            }
            signals.yield(.deposed)
        case .record(let key, let value):
            guard key == keys?.catchUp, let value, value != bridgeID else { return }
            signals.yield(.catchUp(.otherBridge))
        }
    }

    /// Tells the poller once, when both the election and the instance are known.
    private func announce() {
        let record: [UInt8]?? = state.withLock { state in
            guard let latest = state.latest, let keys = state.keys, !state.isAnnounced else { return nil }
            state.isAnnounced = true
            return .some(latest[keys.cursor])
        }
        guard let record else { return }
        signals.yield(.elected(cursor(record)))
    }

    private func cursor(_ record: [UInt8]?) -> PollCursor {
        guard let record else { return PollCursor() }
        do throws(PollCursorError) {
            return try PollCursor(json: record)
        } catch {
            // Reading too much costs time and duplicates, which are harmless; reading too little would lose events.
            logger.error(
                "The cursor cannot be read; polling begins with the start of history",
                metadata: [LogKey.reason: "\(error)"])
            return PollCursor()
        }
    }
}
