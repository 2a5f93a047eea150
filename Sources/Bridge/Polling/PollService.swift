import EventContract
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// Polls while this bridge is elected: at once, every interval, and when somebody asks for it. One poll at a time.
///
/// Ends when its signals do, or at a shutdown; the poll under way is cancelled then, and saves no cursor.
final class PollService: Service {
    struct Settings: Sendable {
        var interval = Duration.seconds(300)
        var sweepInterval = Duration.seconds(86_400)
    }

    /// Clocks further apart than this are worth a warning: events are found late, signatures may be refused.
    static let clockSkewMax: Int64 = 30_000_000

    private let poller: Poller
    private let store: any CursorStore
    private let signals: AsyncStream<PollSignal>
    private let observer: any PollObserver
    private let logger: Logger
    private let wakeUp = WakeUp()
    private let state: Mutex<PollServiceState>

    /// - Parameter signals: in order; buffers without bound are fine, since they are few.
    init(
        poller: Poller, store: any CursorStore, settings: Settings, signals: AsyncStream<PollSignal>,
        observer: any PollObserver, logger: Logger
    ) {
        self.poller = poller
        self.store = store
        self.signals = signals
        self.observer = observer
        self.logger = logger
        state = Mutex(PollServiceState(settings: settings))
    }

    var status: PollStatus { state.withLock { $0.currentStatus } }

    func run() async {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await self.receive() }
                group.addTask { await self.pollWhileElected() }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private func receive() async {
        for await signal in signals {
            let now = ContinuousClock.now
            let time = poller.clock.microseconds()
            let sinceLastSweep = sinceLastSweep(signal, time: time)
            let reason = state.withLock { $0.received(signal, sinceLastSweep: sinceLastSweep, now: now, time: time) }
            if let reason { observer.catchUpRequested(reason) }
            wakeUp.set()
        }
    }

    private func sinceLastSweep(_ signal: PollSignal, time: Int64) -> Duration? {
        guard case .elected(let cursor) = signal, let sweep = cursor.lastSweep else { return nil }
        return .microseconds(time - sweep.microsecondsSinceEpoch)
    }

    private func pollWhileElected() async {
        while !Task.isCancelled {
            switch state.withLock({ $0.next(now: .now) }) {
            case .wait(until: nil): await wakeUp.wait()
            case .wait(until: let time?): await wakeUp.wait(until: time)
            case .poll(let turn):
                let report = await poll(turn)
                let isNewSkew = state.withLock { $0.finished(turn, report, now: .now) }
                observer.pollFinished(report)
                log(report, isNewSkew: isNewSkew)
            }
        }
    }

    /// Polls until done, or until this term of being elected is over.
    private func poll(_ turn: PollServiceState.Turn) async -> PollReport {
        await withTaskGroup(of: PollReport?.self) { group in
            group.addTask { [self] in
                await poller.poll(turn.kind == .sweep ? .sweep : .poll, from: turn.cursor, store: store)
            }
            group.addTask { [self] in
                while !Task.isCancelled, state.withLock({ $0.isElected(in: turn.term) }) { await wakeUp.wait() }
                return nil
            }
            var report: PollReport?
            for await result in group {
                report = report ?? result
                group.cancelAll()
            }
            guard let report else { preconditionFailure("The poll's task ended without its report.") }
            return report
        }
    }

    private func log(_ report: PollReport, isNewSkew: Bool) {
        let metadata: Logger.Metadata = [
            LogKey.path: "\(report.path.name)", LogKey.count: "\(report.published)",
            PollLogKey.held: "\(report.heldCount)", LogKey.duration: "\(report.durationMicroseconds / 1000)",
        ]
        switch report.failure {
        case nil where report.heldCount > 0:
            logger.warning("Poll complete, but events are held until the next one", metadata: metadata)
        case nil where report.published > 0: logger.info("Poll complete", metadata: metadata)
        case nil: logger.debug("Poll complete", metadata: metadata)
        case .cancelled: logger.info("Poll stopped", metadata: metadata)
        case let failure?:
            logger.warning(
                "Poll failed; it is tried again",
                metadata: metadata.merging([LogKey.reason: "\(failure)"]) { first, _ in first })
        }
        if isNewSkew, let offset = report.clockOffset {
            logger.warning(
                "The clocks of Zitadel and of this bridge differ",
                metadata: [PollLogKey.clockOffset: "\(offset / 1000)"])
        }
    }
}
