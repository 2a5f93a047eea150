import CSQLite
import Consumer
import EventContract
import Foundation
import TestSupport
import Testing

@Suite("The SQLite store")
struct SQLiteStoreTests {
    @Test("The files of the state are readable and writable for their owner only")
    func permissions() throws {
        let state = try TemporaryState()
        let store = try state.store()
        _ = try store.apply([try EventMaker.created("u1", 1, at: 1)])
        let names = try FileManager.default.contentsOfDirectory(atPath: state.folder.path)
        #expect(Set(names) == ["state.db", "state.db-wal", "state.db-shm", "state.db.lock"])
        for name in names {
            let path = state.folder.appendingPathComponent(name).path
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test("What a command run as root opens stays its owner's, the lock too", .enabled(if: geteuid() == 0))
    func ownedByAnother() throws {
        let state = try TemporaryState()
        do { _ = try state.store() }
        let (user, group) = (uid_t(65_534), gid_t(65_533))
        #expect(chown(state.path, user, group) == 0)
        #expect(unlink("\(state.path).lock") == 0)
        let store = try state.store()
        _ = try store.apply([try EventMaker.created("u1", 1, at: 1)])
        try SQLiteRebuild(path: state.path).lock()
        for name in try FileManager.default.contentsOfDirectory(atPath: state.folder.path) {
            var status = stat()
            #expect(stat(state.folder.appendingPathComponent(name).path, &status) == 0)
            #expect(status.st_uid == user && status.st_gid == group, "\(name)")
        }
    }

    @Test("A lock is not made through a link")
    func linkedLock() throws {
        let state = try TemporaryState()
        let other = state.folder.appendingPathComponent("other").path
        #expect(symlink(other, "\(state.path).lock") == 0)
        #expect(throws: StateError.self) { try state.store() }
        #expect(!FileManager.default.fileExists(atPath: other))
    }

    @Test("A write that waits in vain for another process says who and what to do, and can be repeated")
    func locked() throws {
        let state = try TemporaryState()
        let store = try SQLiteStore(path: state.path, busyTimeout: .milliseconds(20))
        let other = try SQLiteConnection(path: state.path, mode: .readWrite)
        try other.execute("BEGIN IMMEDIATE")
        let event = try EventMaker.created("u1", 1, at: 1)
        #expect(throws: StateError.locked(path: state.path)) { try store.apply([event]) }
        #expect(StateError.locked(path: state.path).disposition == .retry)
        #expect("\(StateError.locked(path: state.path))".contains("goes on by itself"))
        try other.execute("COMMIT")
        #expect(try store.apply([event]) == ApplyOutcome(applied: 1))
    }

    @Test(
        "No space is no space, whatever SQLite was doing; other failures of the disk stop",
        arguments: [
            (SQLITE_FULL, 0, true), (SQLITE_IOERR | 19 << 8, 0, true), (SQLITE_IOERR | 3 << 8, ENOSPC, true),
            (SQLITE_IOERR | 3 << 8, EDQUOT, true), (SQLITE_IOERR | 4 << 8, ENOSPC, true),
            (SQLITE_CANTOPEN, ENOSPC, true),
            (SQLITE_IOERR | 3 << 8, EIO, false), (SQLITE_IOERR | 4 << 8, 0, false), (SQLITE_CANTOPEN, EACCES, false),
            (SQLITE_CORRUPT, ENOSPC, false),
        ] as [(Int32, Int32, Bool)])
    func noSpace(_ code: Int32, _ systemError: Int32, _ isFull: Bool) {
        let error = SQLiteConnection.failure(code, systemError: systemError, reason: "", path: "x")
        #expect((error == .diskFull(path: "x")) == isFull)
        #expect((error.disposition == .retry) == isFull)
    }

    @Test("A second consumer says who is in the way; readers do not mind")
    func inUse() throws {
        let state = try TemporaryState()
        do {
            let store = try state.store()
            let error = StateError.inUse(path: state.path, process: "\(getpid())")
            #expect(throws: error) { try state.store() }
            #expect(error.disposition == .stop)
            #expect("\(error)".contains(state.path) && "\(error)".contains("process \(getpid())"))
            _ = try store.apply([try EventMaker.created("u1", 1, at: 1)])
            #expect(try Summary.of("u1", in: state) == "o1 active u1-1")
        }
        _ = try state.store()
    }

    @Test("A damaged file, another program's database and a newer schema are refused, each with its fix")
    func unusableFiles() throws {
        let damaged = try TemporaryState()
        try Data(repeating: 0x55, count: 8192).write(to: URL(fileURLWithPath: damaged.path))
        #expect(throws: StateError.corrupt(path: damaged.path, reason: "file is not a database")) {
            try damaged.store()
        }

        let foreign = try TemporaryState()
        try SQLiteConnection(path: foreign.path, mode: .readWrite).execute("CREATE TABLE t (x)")
        #expect(throws: StateError.foreign(path: foreign.path)) { try foreign.store() }

        let newer = try TemporaryState()
        _ = try newer.store()
        try SQLiteConnection(path: newer.path, mode: .readWrite).execute("INSERT INTO schema_migrations VALUES (99)")
        let expected = StateError.newerSchema(path: newer.path, found: 99, known: StateSchema.newest)
        #expect(throws: expected) { try newer.store() }
        #expect(throws: expected) { try newer.reader() }
        #expect("\(expected)".contains(newer.path) && "\(expected)".contains("newer zitadel-consumer"))
    }

    @Test("A page that is damaged later stops the batch and names the fix")
    func damagedPage() throws {
        let state = try TemporaryState()
        _ = try state.store().apply(try GoldenHistory.small().events)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: state.path))
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xFF, count: 16 * 4096))
        try file.close()
        #expect {
            let store = try state.store()
            _ = try store.apply(try GoldenHistory.small().events)
        } throws: { error in
            guard case .corrupt(state.path, _)? = error as? StateError else { return false }
            return "\(error)".contains("move the file")
        }
    }

    @Test("A missing file is not created by reading")
    func missingFile() throws {
        let state = try TemporaryState()
        #expect(throws: StateError.missing(path: state.path)) { try state.reader() }
        #expect(!FileManager.default.fileExists(atPath: state.path))
        let path = state.folder.appendingPathComponent("no/such/folder.db").path
        #expect(throws: StateError.cannotOpen(path: path, reason: "No such file or directory")) {
            try SQLiteStore(path: path)
        }
    }

    @Test("A file or folder that may not be written stops the start with the fix")
    func readOnly() throws {
        let state = try TemporaryState()
        _ = try state.store()
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: state.path)
        let new = state.folder.appendingPathComponent("new.db").path
        try asNobody {
            #expect(throws: StateError.readOnly(path: state.path)) { try state.store() }
            #expect(throws: StateError.cannotOpen(path: new, reason: "Permission denied")) {
                try SQLiteStore(path: new)
            }
        }
        #expect("\(StateError.readOnly(path: state.path))".contains("folder writable"))
    }

    /// Runs `body` with the rights of a user that owns nothing, on this thread only: tests may run as root.
    private func asNobody(_ body: () throws -> Void) throws {
        typealias SetUser = @convention(c) (UInt32) -> Int32
        let setUser = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: SetUser.self)
        let user = setUser(65534)
        defer { _ = setUser(UInt32(user)) }
        try body()
    }

    @Test("A database that SQLite may not write says so")
    func readOnlyConnection() throws {
        let state = try TemporaryState()
        _ = try state.store()
        let connection = try SQLiteConnection(path: state.path, mode: .readOnly)
        #expect(throws: StateError.readOnly(path: state.path)) { try connection.execute("DELETE FROM users") }
        #expect("\(StateError.readOnly(path: state.path))".contains("writable"))
    }

    @Test("A full disk is told apart, and the batch may be repeated")
    func fullDisk() throws {
        let state = try TemporaryState()
        let connection = try SQLiteConnection(path: state.path, mode: .readWrite)
        try connection.execute("PRAGMA max_page_count = 1")
        let error = StateError.diskFull(path: state.path)
        #expect(throws: error) { try connection.execute("CREATE TABLE t (x); CREATE TABLE u (x)") }
        #expect(error.disposition == .retry)
    }
}
