import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import ZitadelClient

/// Reads Zitadel's stored events and hands them to Kafka, once through: one poll, sweep or backfill a call.
struct Poller: Sendable {
    /// Times in microseconds.
    struct Settings: Sendable {
        /// How far back each poll reads again; holds what a late commit can be late.
        var overlap: Int64 = 600_000_000
        /// How far back a sweep reads; older events without a known subject are given up.
        var sweepWindow: Int64 = 172_800_000_000
        /// Events asked for in one question.
        var pageSize = EventSearch.limitMax
        /// Least time between two writes of the cursor while a poll runs.
        var saveInterval: Int64 = 1_000_000
    }

    let search: any EventSearching
    let publisher: any PagePublishing
    var settings = Settings()
    var clock = WallClock.system
    let logger: Logger
    /// Called before each poll, to learn what others have published meanwhile.
    var prepare: @Sendable (EventPath) async -> Void = { _ in }

    /// Reads everything beyond the cursor, publishes it and saves how far it came.
    ///
    /// Never throws: a poll that failed half-way has done the first half, and its report says how far.
    /// - Parameters:
    ///   - store: where the cursor is written to, once a second and at the end, always behind what is acknowledged;
    ///     nil to leave it to the caller.
    ///   - onPage: called after each page, before the next is asked for; may wait, to slow the reading down.
    func poll(
        _ path: EventPath, from cursor: PollCursor, store: (any CursorStore)?,
        onPage: (@Sendable (PollProgress) async -> Void)? = nil
    ) async -> PollReport {
        await prepare(path)
        var run = PollRun(self, path, cursor, store: store, onPage: onPage)
        do throws(PollFailure) {
            try await run.readAll()
        } catch {
            run.report.failure = error
        }
        await run.saveAtEnd()
        run.report.durationMicroseconds = clock.microseconds() - run.report.startedAt
        return run.report
    }
}

/// Where a poll stands, after each page.
struct PollProgress: Sendable {
    let passIndex: Int
    let passCount: Int
    /// The time from which the pass reads; nil for the beginning of history.
    let from: EventTime?
    /// The time of the page's last event; nil for an empty page.
    let position: EventTime?
    /// New items in this page.
    let itemsInPage: Int
    let report: PollReport
}
