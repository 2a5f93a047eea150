import KafkaClient
import ServiceRuntime
import Synchronization

/// How old the state is, as far as this consumer can know.
///
/// The state is as new as the newest event that was applied; and, where nothing happens in Zitadel, as the last moment
/// at which no record was left to apply in any assigned partition while the brokers answered.
final class Freshness: Sendable {
    private let status: ProcessorStatus
    private let stalenessMax: Duration?
    private let isConnected: @Sendable () -> Bool
    private let clock: WallClock
    private let caughtUpAt = Mutex<Int64?>(nil)

    /// - Parameter isConnected: whether the brokers answer; without them the lag is an old one.
    init(
        _ status: ProcessorStatus, stalenessMax: Duration?, clock: WallClock,
        isConnected: @escaping @Sendable () -> Bool
    ) {
        self.status = status
        self.stalenessMax = stalenessMax
        self.isConnected = isConnected
        self.clock = clock
    }

    /// Creation of the newest event that this process has applied, in microseconds since 1970; nil before the first.
    var newestEventTime: Int64? { status.newestEventTime }

    /// Whether the state is older than is allowed, or of an age that is not known.
    var isStale: Bool {
        guard let stalenessMax else { return false }
        guard let age = ageMicroseconds else { return true }
        return Duration.microseconds(age) > stalenessMax
    }

    /// Nil while nothing was applied and the lag was never 0.
    var ageMicroseconds: Int64? {
        let now = clock.microseconds()
        let caughtUp = caughtUpAt.withLock { latest in
            if isConnected(), let measured = status.caughtUpAt { latest = measured }
            return latest
        }
        return [caughtUp, newestEventTime].compactMap { $0 }.max().map { now - $0 }
    }
}
