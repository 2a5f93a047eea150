import Consumer
import EventContract
import Foundation
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@Suite("The files of an SQLite state after users were removed")
struct ErasedFilesTests {
    private static func contains(_ text: String, _ state: TemporaryState) throws -> Bool {
        try state.files().range(of: Data(text.utf8)) != nil
    }

    private static func count(_ text: String, _ state: TemporaryState) throws -> Int {
        let files = try state.files()
        var (count, start) = (0, files.startIndex)
        while let place = files.range(of: Data(text.utf8), in: start..<files.endIndex) {
            (count, start) = (count + 1, place.upperBound)
        }
        return count
    }

    /// Everything personal of one user, each with the prefix.
    private static func events(_ id: String, _ prefix: String) throws -> [CanonicalEvent] {
        let value = { (name: String) in (name, "\"\(prefix)-\(name)-\(id)\"") }
        return [
            try EventMaker.event(
                "user.human.added", of: "user", id, 1, at: 1, in: "o1",
                ["userName", "firstName", "lastName", "nickName", "displayName", "email", "phone"].map(value)),
            try EventMaker.user("metadata.set", id, 2, at: 1, ("key", "\"k\""), value("value")),
            try EventMaker.user("human.email.changed", id, 3, at: 1, value("email")),
            try EventMaker.user("username.changed", id, 4, at: 1, value("userName")),
        ]
    }

    @Test("Little of the removed is left at once, nothing a day later, and all of their neighbours")
    func many() throws {
        let state = try TemporaryState()
        let clock = TestClock()
        let store = try state.location.store(rewriteAfter: .seconds(24 * 3600), clock: clock.wallClock)
        var generator = SeededGenerator(seed: 5)
        // Pages split and their rows move while these come by and by.
        let ids = (1...3000).map { "u\($0)" }.shuffled(using: &generator)
        let gone = Set(ids.prefix(2500))
        let events = try ids.flatMap { try Self.events($0, gone.contains($0) ? "gone" : "here") }
            .shuffled(using: &generator)
        for start in stride(from: 0, to: events.count, by: 500) {
            _ = try store.apply(Array(events[start..<min(start + 500, events.count)]))
        }
        _ = store.settle(.busy)
        let before = try Self.count("gone-", state)
        #expect(before > 7 * gone.count, "they are found where they are")
        let removals = try gone.sorted().map { try EventMaker.user("removed", $0, 5, at: 2) }
        for start in stride(from: 0, to: removals.count, by: 100) {
            _ = try store.apply(Array(removals[start..<start + 100]))
        }
        #expect(try Self.contains("gone-", state), "the log still has them")
        _ = store.settle(.idle)
        // Copies from before rows moved between pages, in room of a page that was not used again.
        let left = try Self.count("gone-", state)
        #expect(0 < left && left * 50 < before, "\(left) of \(before)")
        let export = try state.export()
        clock.advance(seconds: 24 * 3600)
        #expect(store.settle(.idle).isRewritten)
        #expect(try !Self.contains("gone-", state))
        #expect(try state.export() == export)
        let files = try state.files()
        for id in ids.filter({ !gone.contains($0) }).prefix(50) {
            for name in ["firstName", "email", "value"] {
                try #require(files.range(of: Data("here-\(name)-\(id)".utf8)) != nil)
            }
        }
        // What comes late gets nowhere, not even into the log.
        let late = try gone.sorted().prefix(200).flatMap { id in
            [
                try EventMaker.user("metadata.set", id, 4, at: 1, ("key", "\"late\""), ("value", "\"gone-late\"")),
                try EventMaker.user("human.profile.changed", id, 4, at: 1, ("firstName", "\"gone-late\"")),
            ]
        }
        #expect(try store.apply(late) == ApplyOutcome(applied: late.count))
        #expect(try !Self.contains("gone-", state))
    }

    @Test("A reader keeps what it reads; once it is done, the log is emptied")
    func busyReader() throws {
        let state = try TemporaryState()
        let store = try state.store()
        _ = try store.apply(try Self.events("u1", "gone"))
        let database = try state.reader().database
        try database.snapshot { () throws(StateError) in
            _ = try database.rows("SELECT 1 FROM users", [], size: .small).step()
            guard let removal = try? EventMaker.user("removed", "u1", 5, at: 2) else { return }
            _ = try store.apply([removal])
            _ = store.settle(.busy)
        }
        #expect(try Self.contains("gone-", state))
        _ = store.settle(.busy)
        #expect(try !Self.contains("gone-", state))
        #expect(try FileManager.default.attributesOfItem(atPath: state.path + "-wal")[.size] as? Int == 0)
    }

    @Test("What a consumer left in its log when it was killed is gone after the next one's first settling")
    func afterCrash() throws {
        let (state, copy) = (try TemporaryState(), try TemporaryState())
        let store = try state.store()
        _ = try store.apply(try Self.events("u1", "gone"))
        _ = try store.apply([try EventMaker.user("removed", "u1", 5, at: 2)])
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: state.path + suffix, toPath: copy.path + suffix)
        }
        #expect(try Self.contains("gone-", copy))
        _ = try copy.store().settle(.busy)
        #expect(try !Self.contains("gone-", copy))
    }

    @Test("The file is written anew when its time has come, in a moment that suits, and only after removals")
    func moments() throws {
        let state = try TemporaryState()
        let clock = TestClock()
        let hour = Int64(3600)
        // Each `with` is a consumer's life.
        let with = { (body: (any StateStore) throws -> Void) throws in
            try body(state.location.store(rewriteAfter: .seconds(hour), clock: clock.wallClock))
        }
        try with { store in
            _ = try store.apply(try Self.events("u1", "gone"))
            clock.advance(seconds: 10 * hour)
            #expect(!store.settle(.idle).isRewritten, "nothing was emptied")
            _ = try store.apply([try EventMaker.user("removed", "u1", 5, at: 2)])
            clock.advance(seconds: hour - 100)
            _ = try store.apply(try Self.events("u2", "gone"))
            _ = try store.apply([try EventMaker.user("removed", "u2", 5, at: 2)])
            #expect(!store.settle(.idle).isRewritten, "not yet")
            clock.advance(seconds: 100)
            #expect(!store.settle(.busy).isRewritten && !store.settle(.ending).isRewritten)
        }
        clock.advance(seconds: 2 * hour)
        try with { store in
            #expect(!store.settle(.busy).isRewritten, "what has gathered meanwhile comes first")
            clock.advance(seconds: hour)
            #expect(!store.settle(.ending).isRewritten)
            #expect(store.settle(.busy).isRewritten, "it has waited for an idle moment long enough, in two lives")
            clock.advance(seconds: 10 * hour)
            #expect(!store.settle(.idle).isRewritten, "once is enough")
        }
        try with { store in
            #expect(!store.settle(.idle).isRewritten)
            _ = try store.apply(try Self.events("u3", "here"))
        }
        #expect(try state.reader().user("u3") != nil)
    }

    @Test("A rewriting that fails is told, leaves no large log behind, and is tried again in an hour only")
    func failing() throws {
        let state = try TemporaryState()
        let clock = TestClock()
        let store = try state.location.store(rewriteAfter: .seconds(3600), clock: clock.wallClock)
        _ = try store.apply(try Self.events("u1", "gone"))
        _ = try store.apply([try EventMaker.user("removed", "u1", 5, at: 2)])
        #expect(!store.settle(.idle).isRewritten)
        // An index that the rows contradict cannot be made anew. The store knows it as it was.
        try state.execute(
            "CREATE TABLE twins (x INTEGER); CREATE INDEX twins_x ON twins (x); INSERT INTO twins VALUES (1), (1)")
        _ = try store.apply(try Self.events("u2", "here"))
        try state.execute(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_master SET sql = 'CREATE UNIQUE INDEX twins_x ON twins (x)' WHERE name = 'twins_x'
            """)
        #expect(try state.logSize() > 0)
        clock.advance(seconds: 3600)
        guard case .failed(let error) = store.settle(.idle) else {
            Issue.record("it should have failed")
            return
        }
        #expect("\(error)".contains("twins"))
        #expect(try state.logSize() == 0, "a disk that was too small for the log would stay full")
        try state.execute("DROP TABLE twins")
        #expect(!store.settle(.idle).isRewritten, "not every ten seconds")
        _ = try store.apply(try Self.events("u3", "here"))
        #expect(try state.reader().user("u3") != nil)
    }

    @Test("A time that was noted while the clock was ahead does not put it off")
    func clockAhead() throws {
        let state = try TemporaryState()
        let clock = TestClock()
        let store = try state.location.store(rewriteAfter: .seconds(3600), clock: clock.wallClock)
        clock.advance(seconds: 365 * 86_400)
        _ = try store.apply(try Self.events("u1", "gone"))
        _ = try store.apply([try EventMaker.user("removed", "u1", 5, at: 2)])
        clock.advance(seconds: -365 * 86_400)
        #expect(store.settle(.idle).isRewritten)
    }

    @Test("It is told as done only when nobody reads the old file's log any more")
    func toldWhenDone() throws {
        let state = try TemporaryState()
        let clock = TestClock()
        let store = try state.location.store(rewriteAfter: .seconds(3600), clock: clock.wallClock)
        for number in 1...50 { _ = try store.apply(try Self.events("u\(number)", "gone")) }
        _ = try store.apply([try EventMaker.user("removed", "u1", 5, at: 2)])
        clock.advance(seconds: 7200)
        let database = try state.reader().database
        try database.snapshot { () throws(StateError) in
            _ = try database.rows("SELECT 1 FROM users", [], size: .small).step()
            #expect(!store.settle(.idle).isRewritten)
        }
        #expect(store.settle(.busy).isRewritten)
        #expect(!store.settle(.busy).isRewritten)
    }

    @Test("A migration that may have emptied values notes it with its steps")
    func migrated() throws {
        let state = try TemporaryState()
        _ = try state.store()
        #expect(try state.noted() == 0, "a new state has nothing to empty")
        try state.execute("DELETE FROM schema_migrations WHERE version = \(StateSchema.newest)")
        _ = try state.store()
        #expect(try state.noted() > 0)
    }

    @Test("While another connection writes, it is tried again")
    func hindered() throws {
        let state = try TemporaryState()
        let clock = TestClock()
        let store = try SQLiteStore(
            path: state.path, rewriteAfter: .seconds(60), busyTimeout: .milliseconds(20), clock: clock.wallClock)
        for number in 1...50 { _ = try store.apply(try Self.events("u\(number)", "gone")) }
        _ = try store.apply([try EventMaker.user("removed", "u1", 5, at: 2)])
        clock.advance(seconds: 120)
        let other = try SQLiteConnection(path: state.path, mode: .readWrite)
        try other.execute("BEGIN IMMEDIATE")
        #expect(!store.settle(.idle).isRewritten)
        try other.execute("COMMIT")
        #expect(store.settle(.idle).isRewritten)
    }
}

extension TemporaryState {
    fileprivate func logSize() throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? -1
    }

    fileprivate func noted() throws -> Int64 {
        try SQLiteConnection(path: path, mode: .readOnly).integer("PRAGMA user_version") ?? -1
    }
}

extension Settling {
    fileprivate var isRewritten: Bool {
        if case .rewritten = self { true } else { false }
    }
}

/// A time of day that stands still but for this test.
private final class TestClock: Sendable {
    private let now = Mutex<Int64>(1_767_323_045_000_000)

    var wallClock: WallClock { WallClock { self.now.withLock { $0 } } }

    func advance(seconds: Int64) { now.withLock { $0 += seconds * 1_000_000 } }
}
