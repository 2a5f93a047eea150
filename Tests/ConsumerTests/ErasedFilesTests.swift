import Consumer
import EventContract
import Foundation
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

    @Test("Hardly anything of the removed is left, nothing after a VACUUM, and all of their neighbours")
    func many() throws {
        let state = try TemporaryState()
        let store = try state.store()
        var generator = SeededGenerator(seed: 5)
        // Pages split and their rows move while these come by and by.
        let ids = (1...3000).map { "u\($0)" }.shuffled(using: &generator)
        let gone = Set(ids.prefix(2500))
        let events = try ids.flatMap { try Self.events($0, gone.contains($0) ? "gone" : "here") }
            .shuffled(using: &generator)
        for start in stride(from: 0, to: events.count, by: 500) {
            _ = try store.apply(Array(events[start..<min(start + 500, events.count)]))
        }
        store.settle()
        let before = try Self.count("gone-", state)
        #expect(before > 7 * gone.count, "they are found where they are")
        let removals = try gone.sorted().map { try EventMaker.user("removed", $0, 5, at: 2) }
        for start in stride(from: 0, to: removals.count, by: 100) {
            _ = try store.apply(Array(removals[start..<start + 100]))
        }
        #expect(try Self.contains("gone-", state), "the log still has them")
        store.settle()
        // Copies from before rows moved between pages, in room of a page that was not used again.
        let left = try Self.count("gone-", state)
        #expect(left * 50 < before, "\(left) of \(before)")
        try state.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        #expect(try !Self.contains("gone-", state))
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
            store.settle()
        }
        #expect(try Self.contains("gone-", state))
        store.settle()
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
        try copy.store().settle()
        #expect(try !Self.contains("gone-", copy))
    }
}
