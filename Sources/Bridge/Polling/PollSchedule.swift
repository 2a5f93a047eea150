import ServiceRuntime

/// Why a poll is wanted before its time.
enum CatchUpReason: String, CaseIterable, Sendable {
    /// A webhook was answered 429 or 503, so its event is not in the topic.
    case webhookRefused = "webhook_refused"
    /// Kafka answers again.
    case kafkaRecovered = "kafka_recovered"
    /// Zitadel answers again.
    case zitadelRecovered = "zitadel_recovered"
    /// A signing key was learned that an earlier request was refused for.
    case keyLearned = "key_learned"
    /// Another bridge asked for it through the cursor topic.
    case otherBridge = "other_bridge"

    /// Whether what made polls fail is over: then there is no point in waiting for the next attempt.
    var endsOutage: Bool { self == .kafkaRecovered || self == .zitadelRecovered }
}

/// When to poll next. A value: it is told the time and never waits.
struct PollSchedule: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Kind: Equatable, Sendable {
        case poll
        case sweep
    }

    /// Least time between the starts of two polls, however many requests come.
    static let spacing = Duration.seconds(1)

    let interval: Duration
    let sweepInterval: Duration
    private var pollDue: Instant
    private var sweepDue: Instant
    private var notBefore: Instant
    private var lastStart: Instant
    private var backoff = Backoff(initial: .seconds(1), maximum: .seconds(30))
    private var kafkaIsReachable = true

    /// The first poll is due now.
    ///
    /// - Parameter sinceLastSweep: nil when there was none; then the first poll stands for one.
    init(interval: Duration, sweepInterval: Duration, sinceLastSweep: Duration?, now: Instant) {
        self.interval = interval
        self.sweepInterval = sweepInterval
        pollDue = now
        sweepDue = now + max(.zero, sweepInterval - (sinceLastSweep ?? .zero))
        notBefore = now
        lastStart = now - Self.spacing
    }

    /// What to do next and when; nil while there is no point in reading what cannot be published.
    var next: (kind: Kind, at: Instant)? {
        guard kafkaIsReachable else { return nil }
        return sweepDue < pollDue ? (.sweep, max(sweepDue, notBefore)) : (.poll, max(pollDue, notBefore))
    }

    mutating func requested(_ reason: CatchUpReason, now: Instant) {
        pollDue = min(pollDue, now)
        if reason.endsOutage {
            backoff.attemptSucceeded()
            notBefore = lastStart + Self.spacing
        }
    }

    /// - Returns: whether an outage of Kafka ended, which makes a poll due.
    @discardableResult mutating func kafkaChanged(isReachable: Bool, now: Instant) -> Bool {
        defer { kafkaIsReachable = isReachable }
        guard isReachable, !kafkaIsReachable else { return false }
        requested(.kafkaRecovered, now: now)
        return true
    }

    mutating func started(_ kind: Kind, now: Instant) {
        lastStart = now
        switch kind {
        case .poll: pollDue = now + interval
        case .sweep: sweepDue = now + sweepInterval
        }
    }

    mutating func succeeded() {
        backoff.attemptSucceeded()
        notBefore = lastStart + Self.spacing
    }

    /// - Parameter jitter: as in `Backoff`.
    mutating func failed(_ kind: Kind, now: Instant, jitter: Double = .random(in: 0...1)) {
        switch kind {
        case .poll: pollDue = min(pollDue, now)
        case .sweep: sweepDue = min(sweepDue, now)
        }
        notBefore = now + backoff.attemptFailed(jitter: jitter)
    }
}
