import EventContract

/// What polling is doing, for `/status`.
struct PollStatus: Sendable {
    var isElected = false
    var isPolling = false
    /// How far everything is in the topic; empty on a bridge that is not elected.
    var cursor = PollCursor()
    /// The latest poll or sweep of this process, whoever is elected now.
    var latest: PollReport?
    /// When the latest poll that read everything began; our clock, microseconds since 1970.
    var latestComplete: Int64?
    /// Events of the latest poll that stay for the next one.
    var heldCount: Int { latest?.heldCount ?? 0 }
    /// Since the start of this process.
    var givenUp = 0
    /// Since the start of this process.
    var gaps = 0
    /// Polls that failed since the last that did not.
    var failuresInARow = 0
    /// When the next poll is due; nil while it waits for Kafka or for being elected.
    var nextDue: ContinuousClock.Instant?

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
