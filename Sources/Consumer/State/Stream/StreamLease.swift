import EventContract

/// Decides who publishes when several processes share a state: one at a time, and a newcomer only once nothing of a
/// predecessor that ended without a word can still be on its way to a broker.
///
/// The turn is a row of the database. Its holder says that it is there by raising `beat`, others by seeing it change:
/// no clocks are compared. A turn is looked at only while there is something to publish, so an idle holder keeps it.
struct StreamLease {
    enum Step: Equatable {
        /// Publish.
        case go
        /// Ask the database for the turn, then tell `taken`.
        case take
        /// Another one publishes.
        case wait
    }

    /// How long a holder has to be silent. Longer than a record may take (`message.timeout.ms`, 6 s by default) and
    /// than the network delivers what a process that is gone had sent.
    static let silenceMax = Duration.seconds(15)
    /// How long a turn is relied on without asking.
    private static let freshness = Duration.seconds(2)

    let holder: UTF8Text
    private var renewedAt: ContinuousClock.Instant?
    private var seen: (publisher: StreamOutbox.Publisher, since: ContinuousClock.Instant)?

    /// - Parameter holder: no other process calls itself so.
    init(holder: UTF8Text) { self.holder = holder }

    /// Whether this process had the turn when it last looked.
    private(set) var isHeld = false

    func isFresh(_ now: ContinuousClock.Instant) -> Bool {
        guard isHeld, let renewedAt else { return false }
        return now - renewedAt < Self.freshness
    }

    /// The database told who publishes.
    mutating func observed(_ publisher: StreamOutbox.Publisher, _ now: ContinuousClock.Instant) -> Step {
        isHeld = publisher.holder == holder
        if isHeld || publisher.holder.isEmpty { return .take }
        guard let seen, seen.publisher == publisher else {
            seen = (publisher, now)
            return .wait
        }
        return now - seen.since >= Self.silenceMax ? .take : .wait
    }

    /// The database gave the turn, or confirmed it.
    mutating func taken(_ now: ContinuousClock.Instant) {
        isHeld = true
        renewedAt = now
        seen = nil
    }

    mutating func lost() {
        isHeld = false
        renewedAt = nil
        seen = nil
    }

    /// There is nothing to publish, so silence says nothing.
    mutating func wasIdle() { seen = nil }
}
