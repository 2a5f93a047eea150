import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import Synchronization

/// Publishes Zitadel's history again, or for the first time, beside a bridge that runs.
///
/// It reads by a cursor of its own, so that it can go on where it was stopped, and leaves that of polling alone.
struct Backfill: Sendable {
    /// Events a second unless asked otherwise: two full answers of Zitadel, each of which holds up its writers for a
    /// moment (Zitadel, `internal/eventstore/v3`).
    static let rateDefault = 2000

    /// With `.backfill` in the record's headers it publishes through the pipeline; or counts, see `DryRun`.
    let poller: Poller
    /// Where reading begins; nil for the beginning of history.
    let since: EventTime?
    /// Most events read in a second, on average.
    var rate = Self.rateDefault

    /// The cursor to begin with: one that an earlier run left, or that of `since`.
    func start(resuming earlier: PollCursor?) -> PollCursor {
        var cursor = PollCursor()
        if let since { cursor.advance(PollPlan.groups.joined().map(\.name), to: since.previous) }
        if let earlier { cursor.merge(earlier) }
        return cursor
    }

    /// Reads everything up to now.
    ///
    /// - Parameters:
    ///   - store: of this backfill's own record, see `CursorKeys.backfill(since:)`; nil for a dry run.
    ///   - progress: called after each page.
    func run(
        resuming earlier: PollCursor?, store: (any CursorStore)?,
        progress: @escaping @Sendable (BackfillProgress) -> Void
    ) async -> PollReport {
        let meter = Mutex(BackfillMeter(rate: rate, since: since, startedAt: poller.clock.microseconds()))
        return await poller.poll(.backfill, from: start(resuming: earlier), store: store) {
            [clock = poller.clock] page in
            let (now, wait) = meter.withLock { meter in
                let now = meter.read(page, at: clock.microseconds())
                return (now, meter.wait)
            }
            progress(now)
            if wait > .zero { try? await Task.sleep(for: wait) }
        }
    }
}

/// How far a backfill is.
struct BackfillProgress: Equatable, Sendable {
    let eventsRead: Int
    let published: Int
    let duplicates: Int
    /// The time in history that was read last.
    let position: EventTime?
    /// Events a second, since the start.
    let rate: Int
    /// From 0 to 1: by the time in history, as if events were spread evenly.
    let fraction: Double
    /// Seconds to the end, as far as that can be told; nil at the beginning.
    let secondsLeft: Int?
}

/// Measures a backfill and slows it down. No clock: it is told the time, in microseconds.
struct BackfillMeter: Sendable {
    private let rate: Int
    private let since: EventTime?
    private let startedAt: Int64
    /// The time of the first event: history has no other beginning.
    private var firstSeen: EventTime?
    private var read = 0
    private var now: Int64

    init(rate: Int, since: EventTime?, startedAt: Int64) {
        self.rate = max(1, rate)
        self.since = since
        self.startedAt = startedAt
        now = startedAt
    }

    mutating func read(_ page: PollProgress, at now: Int64) -> BackfillProgress {
        read = page.report.eventsRead
        self.now = now
        firstSeen = firstSeen ?? page.position
        let elapsed = Double(max(1, now - startedAt)) / 1_000_000
        let fraction = fraction(of: page)
        return BackfillProgress(
            eventsRead: read, published: page.report.published, duplicates: page.report.duplicates,
            position: page.position, rate: Int(Double(read) / elapsed), fraction: fraction,
            secondsLeft: fraction > 0.01 ? Int(elapsed / fraction * (1 - fraction)) : nil)
    }

    /// How long to wait before the next page.
    var wait: Duration {
        let due = startedAt + Int64(Double(read) / Double(rate) * 1_000_000)
        return .microseconds(max(0, due - now))
    }

    private func fraction(of page: PollProgress) -> Double {
        var ofPass = 0.0
        if let position = page.position, let first = page.from ?? since ?? firstSeen {
            let whole = startedAt - first.microsecondsSinceEpoch
            let done = position.microsecondsSinceEpoch - first.microsecondsSinceEpoch
            ofPass = whole > 0 ? min(1, max(0, Double(done) / Double(whole))) : 1
        }
        return (Double(page.passIndex) + ofPass) / Double(page.passCount)
    }
}

/// Counts what a backfill would publish, and publishes nothing.
final class DryRun: PagePublishing {
    private let state = Mutex<[String: Int]>([:])

    /// Events by Zitadel's type.
    var counts: [String: Int] { state.withLock { $0 } }

    func publish(
        _ page: EventSearchPage, _ items: [Int], path: EventPath
    ) async throws(PublishError) -> PageOutcome {
        var outcome = PageOutcome()
        state.withLock { counts in
            for item in items.map({ page.items[$0] }) {
                if item.id == nil { outcome.malformed += 1 } else { counts[item.type.description, default: 0] += 1 }
            }
        }
        return outcome
    }

    func learn(_ users: [UTF8Text: UTF8Text]) async {}
}
