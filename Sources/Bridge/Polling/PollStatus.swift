import EventContract

/// What polling is doing, for `/status`.
struct PollStatus: Sendable {
    /// nil on a bridge that is not elected.
    var term: PollTerm?
    var isPolling = false
    /// How far everything is in the topic; empty on a bridge that is not elected.
    var cursor = PollCursor()
    /// The latest poll or sweep of this process, whoever is elected now.
    var latest: PollReport?
    /// Since the start of this process.
    var givenUp = 0
    /// Since the start of this process.
    var gaps = 0
    /// Polls that failed since the last that did not.
    var failuresInARow = 0
    /// When the next poll is due; nil while it waits for Kafka or for being elected.
    var nextDue: ContinuousClock.Instant?

    var isElected: Bool { term != nil }

    /// The time up to which each group of types is read: of its type that is furthest behind; nil for one of which
    /// nothing was read.
    var groupCursors: [(types: [PolledType], time: EventTime?)] {
        PollPlan.groups.map { group in
            let times = group.map { cursor.times[$0.name] }
            return (group, times.contains(nil) ? nil : times.compactMap { $0 }.min())
        }
    }

    /// The time of the type that is furthest behind; nil while one was never read.
    var oldestCursor: EventTime? {
        let times = groupCursors.map(\.time)
        return times.contains(nil) ? nil : times.compactMap { $0 }.min()
    }
}

/// What gauges tell of one term of being elected. The next one begins without it: another bridge polled meanwhile.
struct PollTerm: Equatable, Sendable {
    /// Our clock, microseconds since 1970.
    let electedAt: Int64
    /// When the latest poll or sweep that read everything began; same clock.
    private(set) var latestComplete: Int64?
    /// Events that stay for the next poll; nil before the first poll that read everything.
    private(set) var heldCount: Int?
    /// Zitadel's clock less ours in microseconds, as of its latest answer.
    private(set) var clockOffset: Int64?

    init(electedAt: Int64) {
        self.electedAt = electedAt
    }

    /// Since when everything was read or should have been.
    var completeSince: Int64 { latestComplete ?? electedAt }

    /// A poll or sweep that was begun in this term has ended.
    mutating func finished(_ report: PollReport) {
        clockOffset = report.clockOffset ?? clockOffset
        guard report.failure == nil else { return }
        latestComplete = report.startedAt
        // A sweep does not see what polls hold from before its window; they see next what the sweep holds.
        heldCount = report.path == .sweep ? max(heldCount ?? 0, report.heldCount) : report.heldCount
    }
}

/// Told what polling did, for metrics.
protocol PollObserver: Sendable {
    /// A poll, sweep or backfill ended, well or not.
    func pollFinished(_ report: PollReport)
    /// A poll was asked for before its time.
    func catchUpRequested(_ reason: CatchUpReason)
}

/// What the elected bridge is told.
enum PollSignal: Sendable {
    /// This bridge is to poll from now on.
    ///
    /// - Parameter cursor: the newest in the cursor topic; an empty one reads all of history.
    case elected(PollCursor)
    /// Another bridge may be polling from now on.
    case deposed
    case catchUp(CatchUpReason)
    case kafkaReachable(Bool)
}
