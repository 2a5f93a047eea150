package import EventContract

/// The state in one SQLite file.
///
/// One process, and in it one thread at a time. Durable: when `apply` returns, the facts survive a crash of the process
/// and of the machine.
package final class SQLiteStore: StateStore {
    private let lock: SQLiteFileLock
    private let connection: SQLiteConnection
    private let writer: SQLiteFactWriter
    private let marksChanges: Bool
    private var merge = BatchMerge()
    /// The write-ahead log may hold values that were emptied since: those of this store, or of one that a crash ended.
    private var logIsStale = true

    /// Opens the state for writing; creates the file and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - stream: whether each transaction also marks the users whose lines it may have changed.
    ///   - busyTimeout: how long to wait for another process that writes.
    ///   - held: the lock of this state, when the caller holds it already.
    package init(
        path: String, stream: Bool = false, busyTimeout: Duration = SQLiteConnection.busyTimeoutMax,
        held: SQLiteFileLock? = nil
    ) throws(StateError) {
        connection = try SQLiteConnection(path: path, mode: .readWrite, busyTimeout: busyTimeout)
        lock = if let held { held } else { try SQLiteFileLock(path: path) }
        try connection.execute("PRAGMA journal_mode = WAL")
        // FULL, not NORMAL: offsets are committed to Kafka right after, so the transaction must survive a power cut.
        try connection.execute("PRAGMA synchronous = FULL")
        try connection.execute("PRAGMA cache_size = -\(Self.pageCacheKibibytes)")
        try connection.execute("PRAGMA wal_autocheckpoint = \(Self.checkpointPages)")
        try SQLiteMigrations.run(on: connection)
        if stream { try connection.execute(StreamSchema.indexSQL) }
        marksChanges = stream
        writer = SQLiteFactWriter(connection)
    }

    /// Opening has done it already.
    package func prepare() throws(StateError) {}

    package var appliedEvents: [Int] { writer.appliedEvents }

    package func apply(_ events: [CanonicalEvent]) throws(StateError) -> ApplyOutcome {
        writer.appliedEvents.removeAll(keepingCapacity: true)
        if events.isEmpty { return ApplyOutcome() }
        merge.merge(events)
        defer { merge.reset() }
        try connection.execute("BEGIN IMMEDIATE")
        do {
            let outcome = try writer.write(merge)
            let removals = UserRemovals(merge, changed: writer.changedRows)
            try removals.emptyMetadata(in: connection)
            if marksChanges { try StreamMarks(merge, changed: writer.changedRows).write(to: connection) }
            try connection.execute("COMMIT")
            if !removals.isEmpty { logIsStale = true }
            return outcome
        } catch {
            // SQLite may have rolled back by itself (full disk); then there is nothing left to roll back.
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    package func settle() {
        // A failure is the next batch's to tell.
        if logIsStale, (try? connection.emptyLog(wait: Self.readersWait)) == true { logIsStale = false }
    }

    /// How long `settle` waits for readers. New ones read the file itself by then, and the next batch waits behind it.
    private static let readersWait = Duration.milliseconds(100)

    /// Page cache of the connection. Reads beyond it come from the kernel's cache.
    private static let pageCacheKibibytes = 32 << 10

    /// Pages of the write-ahead log before they are copied into the database; at 4 KiB a page 32 MiB. Pages of a busy
    /// table are then copied once for many transactions.
    private static let checkpointPages = 8192
}
