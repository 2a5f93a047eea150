import EventContract
import KafkaClient

/// Decides when a publisher whose records are not taken falls silent, so that another process may take the turn: that
/// one may reach the brokers that this one does not reach.
///
/// Records that the topic refuses do not count: it refuses them from everybody. What is acknowledged beside a record
/// that fails again and again does not make up for it, so one user is watched until its record is acknowledged.
struct StreamSilence {
    /// How long records may fail, and in how many slices at least.
    static let patience = Duration.seconds(30)
    static let slicesMin = 5
    /// Longer than others wait for a silent publisher, and than it takes them to look again.
    static let duration = StreamLease.silenceMax + .seconds(5)

    private struct Stuck {
        let user: UTF8Text
        let since: ContinuousClock.Instant
        /// Slices since then in which a record failed, be it of another user: in a long outbox the user's turn comes
        /// late.
        var slices = 0
    }

    private var stuck: Stuck?
    private var isDue = false
    private var end: ContinuousClock.Instant?

    /// - Parameters:
    ///   - users: of the records that were published.
    ///   - failures: for each of them why it is not acknowledged.
    mutating func answered(_ users: [UTF8Text], _ failures: [PublishError?], _ now: ContinuousClock.Instant) {
        let failed = zip(users, failures).filter { $0.1 != nil && $0.1?.disposition != .reject }.map(\.0)
        if let known = stuck, users.contains(known.user), !failed.contains(known.user) { recovered() }
        guard let first = failed.first else { return }
        var current = stuck ?? Stuck(user: first, since: now)
        current.slices += 1
        stuck = current
        isDue = current.slices >= Self.slicesMin && now - current.since >= Self.patience
    }

    /// Nothing waits any more, or another process publishes it.
    mutating func recovered() {
        stuck = nil
        isDue = false
    }

    /// - Returns: whether the silence begins now. Others count it from the latest use of the turn, so it begins before
    ///   the next one and not with the failure.
    mutating func begins(_ now: ContinuousClock.Instant) -> Bool {
        guard isDue else { return false }
        recovered()
        end = now + Self.duration
        return true
    }

    func lasts(_ now: ContinuousClock.Instant) -> Bool { end.map { now < $0 } ?? false }
}
