package import EventContract
import Glibc

/// Rebuilds the state in a file beside the live one: `PATH.rebuild`, and the old one afterwards: `PATH.previous`.
package final class SQLiteRebuild: StateRebuild {
    private let live: String
    private let rebuilt: String
    private let previous: String
    private var rebuildLock: SQLiteFileLock?
    private var liveLock: SQLiteFileLock?
    private var store: SQLiteStore?
    private var positions: SQLiteConnection?

    /// Files that SQLite has beside a database.
    private static let suffixes = ["", "-wal", "-shm", "-journal"]

    package init(path: String) {
        live = path
        rebuilt = path + ".rebuild"
        previous = path + ".previous"
    }

    package func lock() throws(StateError) {
        rebuildLock = try SQLiteFileLock(path: rebuilt, of: live)
        // Interrupted between the two steps of `replaceLive`: nothing was replaced.
        if let old = status(previous), let now = status(live), old.st_ino == now.st_ino, old.st_dev == now.st_dev {
            unlink(previous)
        }
    }

    package func hasPrevious() -> Bool { status(previous) != nil }

    package func begin(again: Bool) throws(StateError) -> [RebuildPositions] {
        if again { for suffix in Self.suffixes { unlink(rebuilt + suffix) } }
        store = try SQLiteStore(path: rebuilt, held: rebuildLock)
        let connection = try SQLiteConnection(path: rebuilt, mode: .readWrite)
        positions = connection
        try connection.execute(RebuildPositions.create)
        return try RebuildPositions.read(connection)
    }

    package func apply(_ events: [CanonicalEvent]) throws(StateError) -> ApplyOutcome {
        guard let store else { preconditionFailure("begin comes before apply") }
        return try store.apply(events)
    }

    package func save(_ positions: RebuildPositions) throws(StateError) {
        if let upsert = positions.upsert { try self.positions?.execute(upsert) }
    }

    package func readers() throws(StateError) -> (live: StateReader?, rebuilt: StateReader) {
        let isThere = status(live) != nil
        return (
            isThere ? StateReader(try SQLiteConnection.reading(path: live)) : nil,
            StateReader(try SQLiteConnection.reading(path: rebuilt))
        )
    }

    package func holdLive() throws(StateError) {
        liveLock = try SQLiteFileLock(path: live)
        // After an upgrade the consumer may not have run yet.
        if status(live) != nil { try SQLiteMigrations.run(on: SQLiteConnection(path: live, mode: .readWrite)) }
    }

    package func swap() throws(StateError) {
        precondition(liveLock != nil, "holdLive comes before swap")
        // First what can be refused: the new state can still be gone on with.
        if let old = status(live) {
            try closeLog(of: live)
            try takeOver(old)
            try takeOverOutbox()
        }
        store = nil
        try positions?.execute("DROP TABLE \(RebuildPositions.table)")
        positions = nil
        try closeLog(of: rebuilt)
        try replaceLive()
    }

    package func discard() throws(StateError) -> Int64 {
        var freed: Int64 = 0
        for path in [previous, rebuilt] {
            for file in Self.suffixes.map({ path + $0 }) {
                let size = status(file)?.st_size ?? 0
                if unlink(file) == 0 { freed += Int64(size) }
            }
        }
        return freed
    }

    /// Moves the write-ahead log into the file and removes it: it would stay behind under the old name.
    ///
    /// - Throws: `beingRead` while another connection has the file open.
    private func closeLog(of path: String) throws(StateError) {
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        do throws(StateError) {
            let statement = try connection.prepare("PRAGMA journal_mode = DELETE")
            guard try statement.step(), statement.text(0) == "delete" else { throw .beingRead(path: path) }
        } catch .locked {
            throw .beingRead(path: path)
        }
    }

    /// The consumer may run as another user than this command.
    private func takeOver(_ old: stat) throws(StateError) {
        guard chmod(rebuilt, old.st_mode & 0o7777) == 0, chown(rebuilt, old.st_uid, old.st_gid) == 0 else {
            throw failure("its owner and rights cannot be given to the new file")
        }
    }

    /// What waits in the change stream's outbox still has to be published, and what the swap changes too.
    private func takeOverOutbox() throws(StateError) {
        guard let positions else { preconditionFailure("begin comes before swap") }
        let attach = try positions.prepare("ATTACH DATABASE $1 AS live")
        attach.bind(1, UTF8Text(live))
        _ = try attach.step()
        attach.reset()
        try positions.transaction { () throws(StateError) in
            try positions.execute(StreamSwap.copyOutbox(from: "live.", to: "main."))
            try positions.execute(StreamSwap.marks(outbox: "main.", old: "live.", new: "main."))
        }
        try positions.execute("DETACH DATABASE live")
    }

    /// Two names for the old file first, then the new file takes one of them: the name of the state is never free.
    private func replaceLive() throws(StateError) {
        try sync(rebuilt)
        if status(live) != nil, link(live, previous) != 0 { throw failure() }
        guard rename(rebuilt, live) == 0 else {
            let failure = failure()
            unlink(previous)
            throw failure
        }
        try sync(folder)
    }

    private func sync(_ path: String) throws(StateError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure() }
    }

    private var folder: String {
        guard let slash = live.lastIndex(of: "/") else { return "." }
        return slash == live.startIndex ? "/" : String(live[..<slash])
    }

    private func failure(_ reason: String? = nil) -> StateError {
        let system = String(cString: strerror(errno))
        return .notReplaced(path: live, reason: reason.map { "\($0): \(system)" } ?? system)
    }

    private func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
