import ServiceRuntime

/// What the registrar does next. Holds no clock: every moment is passed in.
struct RegistrationSchedule: Sendable {
    enum Action: Equatable, Sendable {
        /// Compare everything and change what differs.
        case compare
        /// Read the keys of our target.
        case readKeys
        /// A replaced key is not accepted any more.
        case expireKeys
        case wait(until: ContinuousClock.Instant)
    }

    /// Failed comparisons in a row.
    private(set) var failures = 0
    private let interval: Duration
    private var nextComparison: ContinuousClock.Instant
    private var backoff: Backoff
    private var reread: RereadLimiter

    /// - Parameter interval: between two comparisons that succeed.
    init(interval: Duration, backoff: Backoff, rereadInterval: Duration, start: ContinuousClock.Instant) {
        self.interval = interval
        self.backoff = backoff
        reread = RereadLimiter(interval: rereadInterval)
        nextComparison = start
    }

    func next(at now: ContinuousClock.Instant, keyExpiry: ContinuousClock.Instant?) -> Action {
        if nextComparison <= now { return .compare }
        if let due = reread.due, due <= now { return .readKeys }
        if let keyExpiry, keyExpiry <= now { return .expireKeys }
        return .wait(until: [nextComparison, reread.due, keyExpiry].compactMap { $0 }.min() ?? nextComparison)
    }

    mutating func unknownKeySeen(at now: ContinuousClock.Instant) { reread.unknownKeySeen(at: now) }

    mutating func keyReadingStarted(at now: ContinuousClock.Instant) { reread.readingStarted(at: now) }

    /// Our target is gone.
    mutating func targetMissing(at now: ContinuousClock.Instant) { nextComparison = min(nextComparison, now) }

    mutating func comparisonSucceeded(at now: ContinuousClock.Instant) {
        failures = 0
        backoff.attemptSucceeded()
        nextComparison = now + interval
    }

    /// - Parameter jitter: as in `Backoff`.
    mutating func comparisonFailed(at now: ContinuousClock.Instant, jitter: Double = .random(in: 0...1)) {
        failures += 1
        nextComparison = now + backoff.attemptFailed(jitter: jitter)
    }
}
