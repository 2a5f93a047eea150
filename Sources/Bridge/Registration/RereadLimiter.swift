/// Bounds how often a signature that no key matches makes us read the target: anybody can send one.
///
/// A request that comes too early is not forgotten but waits, so that a key replaced meanwhile is still learned soon;
/// so does one whose reading failed.
struct RereadLimiter: Equatable, Sendable {
    let interval: Duration
    private var lastRead: ContinuousClock.Instant?
    /// When the target is to be read because of requests since the last reading; nil without any.
    private(set) var due: ContinuousClock.Instant?

    init(interval: Duration) {
        self.interval = interval
    }

    /// A request was signed with a key we do not know, or still is because the reading for it failed.
    mutating func unknownKeySeen(at now: ContinuousClock.Instant) {
        guard due == nil else { return }
        due = lastRead.map { max(now, $0 + interval) } ?? now
    }

    /// The target is being read, for whatever reason.
    mutating func readingStarted(at now: ContinuousClock.Instant) {
        lastRead = now
        due = nil
    }
}
