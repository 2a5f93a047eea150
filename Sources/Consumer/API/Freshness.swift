import ServiceRuntime

/// How old the state is, as far as this consumer can know.
///
/// As old as the last moment of which every record in the partitions it reads is known to be applied. The partition
/// that is furthest behind decides, and one whose leader does not answer is one that falls behind.
final class Freshness: Sendable {
    private let status: ProcessorStatus
    private let stalenessMax: Duration?
    private let clock: WallClock

    init(_ status: ProcessorStatus, stalenessMax: Duration?, clock: WallClock) {
        self.status = status
        self.stalenessMax = stalenessMax
        self.clock = clock
    }

    /// Creation of the newest event that this process has applied, in microseconds since 1970; nil before the first.
    var newestEventTime: Int64? { status.newestEventTime }

    /// Whether the state is older than is allowed, or of an age that is not known.
    func isStale(at now: ContinuousClock.Instant = .now) -> Bool {
        guard let stalenessMax else { return false }
        guard let completeAt = status.completeAt else { return true }
        return now - completeAt > stalenessMax
    }

    /// Until everything was applied once it is the age of the newest event that was; nil before that too.
    func age(at now: ContinuousClock.Instant = .now) -> Duration? {
        if let completeAt = status.completeAt { return now - completeAt }
        return newestEventTime.map { .microseconds(max(clock.microseconds() - $0, 0)) }
    }
}
