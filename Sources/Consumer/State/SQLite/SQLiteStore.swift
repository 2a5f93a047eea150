package import EventContract
package import ServiceRuntime

/// The state in one SQLite file.
///
/// One process, and in it one thread at a time. Durable: when `apply` returns, the facts survive a crash of the process
/// and of the machine.
package final class SQLiteStore: StateStore {
    package static let rewriteAfterDefault = Duration.seconds(24 * 3600)

    private let lock: SQLiteFileLock
    private let connection: SQLiteConnection
    private let writer: SQLiteFactWriter
    private let marksChanges: Bool
    private var merge = BatchMerge()
    private var erasure: SQLiteErasure

    /// Opens the state for writing; creates the file and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - stream: whether each transaction also marks the users whose lines it may have changed.
    ///   - rewriteAfter: how long copies of what removals have emptied may stay in unused room of the file.
    ///   - busyTimeout: how long to wait for another process that writes.
    ///   - held: the lock of this state, when the caller holds it already.
    package init(
        path: String, stream: Bool = false, rewriteAfter: Duration = SQLiteStore.rewriteAfterDefault,
        busyTimeout: Duration = SQLiteConnection.busyTimeoutMax, clock: WallClock = .system,
        held: SQLiteFileLock? = nil
    ) throws(StateError) {
        SQLiteConnection.keepTemporaryFiles(besides: path)
        connection = try SQLiteConnection(path: path, mode: .readWrite, busyTimeout: busyTimeout)
        lock = if let held { held } else { try SQLiteFileLock(path: path) }
        try connection.execute("PRAGMA journal_mode = WAL")
        // FULL, not NORMAL: offsets are committed to Kafka right after, so the transaction must survive a power cut.
        try connection.execute("PRAGMA synchronous = FULL")
        try connection.execute("PRAGMA cache_size = -\(Self.pageCacheKibibytes)")
        try connection.execute("PRAGMA wal_autocheckpoint = \(Self.checkpointPages)")
        try SQLiteMigrations.run(on: connection)
        erasure = try SQLiteErasure(connection, rewriteAfter: rewriteAfter, clock: clock)
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
            let emptiedAt = removals.isEmpty ? nil : try erasure.note()
            try connection.execute("COMMIT")
            if let emptiedAt { erasure.emptied(emptiedAt) }
            return outcome
        } catch {
            // SQLite may have rolled back by itself (full disk); then there is nothing left to roll back.
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    package func settle(_ moment: SettleMoment) -> Settling { erasure.settle(moment) }

    /// Page cache of the connection. Reads beyond it come from the kernel's cache.
    private static let pageCacheKibibytes = 32 << 10

    /// Pages of the write-ahead log before they are copied into the database; at 4 KiB a page 32 MiB. Pages of a busy
    /// table are then copied once for many transactions.
    private static let checkpointPages = 8192
}
