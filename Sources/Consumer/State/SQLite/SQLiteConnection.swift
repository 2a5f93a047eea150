import CSQLite
import Glibc
import Synchronization

/// One connection to one SQLite file. Not for use by two threads at a time.
package final class SQLiteConnection {
    package enum Mode: Equatable {
        /// Creates the file when it is missing, readable and writable for its owner only.
        case readWrite
        /// Changes nothing, and fails when the file is missing.
        case readOnly
    }

    package let path: String
    let handle: OpaquePointer
    private let busyTimeout: Duration
    /// Statements that `rows` has prepared, by their text: a handful of fixed texts.
    private var known: [String: SQLiteStatement] = [:]

    /// How long a statement waits for another process's lock.
    package static let busyTimeoutMax = Duration.seconds(5)

    /// - Parameter path: a file path; it is never read as an SQLite URI.
    package init(path: String, mode: Mode, busyTimeout: Duration = busyTimeoutMax) throws(StateError) {
        self.path = path
        self.busyTimeout = busyTimeout
        try Self.prepareFile(path, mode)
        // Only this object uses the handle, so SQLite's own mutexes are left out.
        let flags = (mode == .readWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw .cannotOpen(path: path, reason: reason)
        }
        handle = opened
        sqlite3_extended_result_codes(opened, 1)
        setBusyTimeout(busyTimeout)
        // Deleted and emptied content is overwritten with zeros, also where SQLite was not built to do that anyway.
        if mode == .readWrite { try execute("PRAGMA secure_delete = ON") }
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs SQL that has neither parameters nor rows of interest.
    package func execute(_ sql: String) throws(StateError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw failure(code) }
    }

    package func prepare(_ sql: String) throws(StateError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code) }
        return SQLiteStatement(statement, of: self)
    }

    /// A connection to a state that is there already, with the schema this program knows.
    package static func reading(
        path: String, busyTimeout: Duration = busyTimeoutMax
    ) throws(StateError) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, mode: .readOnly, busyTimeout: busyTimeout)
        try SQLiteMigrations.check(connection)
        return connection
    }

    /// The first column of the first row; nil when there is no row.
    package func integer(_ sql: String) throws(StateError) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Copies the write-ahead log into the file and cuts it to no bytes.
    ///
    /// - Parameter duration: how long to wait for those who read from the log or write.
    /// - Returns: false when one of them was still there.
    func emptyLog(wait duration: Duration) throws(StateError) -> Bool {
        setBusyTimeout(duration)
        defer { setBusyTimeout(busyTimeout) }
        return try integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0
    }

    /// SQLite's temporary files hold what the state holds: they go where it is, which is also where room was made.
    ///
    /// For the whole process, once. Where that folder is gone later, SQLite takes the system's for temporary files.
    static func keepTemporaryFiles(besides path: String) { temporaryFiles(path) }

    private static let temporaryFiles: @Sendable (String) -> Void = {
        let isSet = Mutex(false)
        return { path in
            isSet.withLock { isSet in
                guard !isSet else { return }
                let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
                zkb_set_temporary_folder(folder.isEmpty ? "/" : String(folder))
                isSet = true
            }
        }
    }()

    /// Rows changed by the newest statement that wrote.
    package var changes: Int { Int(sqlite3_changes(handle)) }

    private func setBusyTimeout(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        sqlite3_busy_timeout(handle, Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }

    func failure(_ code: Int32) -> StateError {
        Self.failure(
            code, systemError: sqlite3_system_errno(handle), reason: String(cString: sqlite3_errmsg(handle)), path: path
        )
    }

    /// - Parameters:
    ///   - code: SQLite's extended result code.
    ///   - systemError: `errno` of the call that failed, where one did.
    package static func failure(_ code: Int32, systemError: Int32, reason: String, path: String) -> StateError {
        let isFull = [ENOSPC, EDQUOT].contains(systemError)
        return switch code & 0xFF {
        case SQLITE_FULL: .diskFull(path: path)
        // SQLite says "full" of writes to the database only; a quota and its other files are left to us.
        case SQLITE_IOERR where isFull || code == indexNotExtended: .diskFull(path: path)
        case SQLITE_CANTOPEN where isFull: .diskFull(path: path)
        case SQLITE_BUSY, SQLITE_LOCKED: .locked(path: path)
        case SQLITE_READONLY: .readOnly(path: path)
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .cannotOpen(path: path, reason: reason)
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt(path: path, reason: reason)
        default: .failed(path: path, code: code, reason: reason)
        }
    }

    /// `SQLITE_IOERR_SHMSIZE`: the shared index of the write-ahead log could not be made larger. It grows with the log,
    /// and SQLite does not keep the reason.
    private static let indexNotExtended = SQLITE_IOERR | 19 << 8

    /// SQLite would create the file with the process's umask; the state holds personal data.
    private static func prepareFile(_ path: String, _ mode: Mode) throws(StateError) {
        let flags = mode == .readWrite ? O_RDWR | O_CREAT : O_RDONLY
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            return
        }
        switch errno {
        case ENOENT where mode == .readOnly: throw .missing(path: path)
        case EACCES where access(path, F_OK) == 0, EROFS, EPERM: throw .readOnly(path: path)
        case let code: throw .cannotOpen(path: path, reason: String(cString: strerror(code)))
        }
    }
}

extension SQLiteConnection: OutboxDatabase {
    package func snapshot(_ body: () throws(StateError) -> Void) throws(StateError) {
        _ = try statement("BEGIN").step()
        defer {
            // A statement that is not at its end would keep the old moment alive after the commit.
            for statement in known.values { statement.reset() }
            _ = try? statement("COMMIT").step()
        }
        try body()
    }

    /// Rows of any size come one by one.
    package func rows(
        _ sql: String, _ parameters: [FactValue], size: ResultSize
    ) throws(StateError) -> any StateRows {
        let statement = try statement(sql)
        statement.bind(parameters)
        return statement
    }

    package func rowsAlone(
        _ sql: String, _ parameters: [FactValue], _ body: (any StateRows) throws(StateError) -> Void
    ) throws(StateError) {
        let rows = try statement(sql)
        // A statement that is not at its end would keep this moment alive.
        defer { rows.reset() }
        rows.bind(parameters)
        try body(rows)
    }

    package func transaction<Result>(_ body: () throws(StateError) -> Result) throws(StateError) -> Result {
        try execute("BEGIN IMMEDIATE")
        do throws(StateError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // SQLite may have rolled back by itself (full disk); then there is nothing left to roll back.
            try? execute("ROLLBACK")
            throw error
        }
    }

    package func write(_ sql: String, _ parameters: [[FactValue]]) throws(StateError) -> Int {
        let statement = try statement(sql)
        var count = 0
        for values in parameters {
            statement.bind(values)
            _ = try statement.step()
            statement.reset()
            count += changes
        }
        return count
    }

    /// A statement of this text that nobody reads from now.
    private func statement(_ sql: String) throws(StateError) -> SQLiteStatement {
        if let place = known.index(forKey: sql), isKnownUniquelyReferenced(&known.values[place]) {
            let statement = known.values[place]
            statement.reset()
            return statement
        }
        let statement = try prepare(sql)
        known[sql] = statement
        return statement
    }
}
