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

    /// Time since everything was applied, as far as that is known; nil while no partition is assigned.
    ///
    /// Before the first such moment it is the time since the start, or the age of the newest event where that is more:
    /// a state that begins with a backlog is as old as what it has got to.
    func age(at now: ContinuousClock.Instant = .now) -> Duration? {
        guard let latest = status.latestComplete else { return nil }
        let age = now - latest.at
        guard latest.isStart, let event = newestEventTime else { return age }
        return max(age, .microseconds(clock.microseconds() - event))
    }
}
