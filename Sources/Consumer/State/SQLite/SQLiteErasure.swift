import ServiceRuntime

/// Where what removals have emptied may still be, beside the rows: in the write-ahead log, and as copies in room of the
/// file that nothing uses, left when SQLite moved rows between pages.
///
/// Only writing the file anew (`VACUUM`) ends the latter. Since when it waits is in the file, so that it is not put off
/// by every restart. See docs/decisions/0014-erasure.md.
struct SQLiteErasure {
    /// Between two attempts to write the file anew of which the first failed; the disk may be full.
    private static let retryInterval = Duration.seconds(3600)
    /// How long to wait for readers of the log. New ones read the file itself by then, and the next batch waits too.
    private static let readersWait = Duration.milliseconds(100)

    private let connection: SQLiteConnection
    private let rewriteAfter: Duration
    private let clock: WallClock
    private let openedAt: Int64
    /// The log may hold values that were emptied since: those of this store, or of one that a crash ended.
    private var logIsStale = true
    /// When values were first emptied since the file was written anew; nil when none were.
    private var emptiedAt: Int64?
    private var retryAt = ContinuousClock.now
    /// How long it took to write the file anew, while what is new is in the log only.
    private var rewrittenIn: Duration?

    init(_ connection: SQLiteConnection, rewriteAfter: Duration, clock: WallClock) throws(StateError) {
        self.connection = connection
        self.rewriteAfter = rewriteAfter
        self.clock = clock
        openedAt = clock.microseconds()
        emptiedAt = try connection.integer("PRAGMA user_version").flatMap { $0 > 0 ? $0 * Self.minute : nil }
    }

    /// Notes in the file that values are emptied, inside their transaction.
    ///
    /// - Returns: what `emptied` wants to know once it is committed.
    func note() throws(StateError) -> Int64 {
        if let emptiedAt { return emptiedAt }
        let now = clock.microseconds()
        try Self.note(now, in: connection)
        return now
    }

    /// Notes in the file that values are emptied at this time.
    static func note(_ time: Int64, in connection: SQLiteConnection) throws(StateError) {
        // Minutes, because the number has 31 bits.
        try connection.execute("PRAGMA user_version = \(time / minute)")
    }

    /// - Parameter time: what `note` returned.
    mutating func emptied(_ time: Int64) {
        emptiedAt = time
        logIsStale = true
    }

    mutating func settle(_ moment: SettleMoment) -> Settling {
        var settling = isDue(moment) ? rewrite() : .nothingToTell
        // A failure is the next batch's to tell.
        if logIsStale, (try? connection.emptyLog(wait: Self.readersWait)) == true { logIsStale = false }
        if !logIsStale, let duration = rewrittenIn {
            rewrittenIn = nil
            settling = .rewritten(duration)
        }
        return settling
    }

    private func isDue(_ moment: SettleMoment) -> Bool {
        guard let emptiedAt, ContinuousClock.now >= retryAt else { return false }
        let now = clock.microseconds()
        let age = Duration.microseconds(now - emptiedAt)
        switch moment {
        // A clock that was ahead and no longer is would put it off until then.
        case .idle: return age < .zero || age >= rewriteAfter
        // One that never is idle has to wait for it as well; but first what has gathered while it was away.
        case .busy: return age >= rewriteAfter * 2 && .microseconds(now - openedAt) >= rewriteAfter
        case .ending: return false
        }
    }

    private mutating func rewrite() -> Settling {
        let start = ContinuousClock.now
        // Afterwards the log is as large as the file, which still is the old one; or as large as there was room.
        logIsStale = true
        do throws(StateError) {
            try connection.execute("VACUUM")
            // Killed before this, the next one does it once more.
            try connection.execute("PRAGMA user_version = 0")
            emptiedAt = nil
            rewrittenIn = ContinuousClock.now - start
            return .nothingToTell
        } catch {
            if case .locked = error { return .nothingToTell }
            retryAt = .now + Self.retryInterval
            return .failed(error)
        }
    }

    private static let minute: Int64 = 60_000_000
}
