import Consumer
import EventContract
import Foundation
import Glibc
import KafkaClient
import TestSupport
import Testing

/// What the place of a second state promises, in the same words for each database.
@Suite("A state beside the live one")
struct StateRebuildTests {
    private static let topic = "t"

    private static func positions(_ next: Int64) throws -> RebuildPositions {
        var positions = RebuildPositions(topic: topic)
        _ = try positions.ranges(to: [.init(partition: 0, committed: next, low: 0, high: next)])
        positions.set([0: next])
        return positions
    }

    /// Everything of the golden history in a new state, and the live state as it was left.
    private static func built(_ state: TemporaryState) throws -> any StateRebuild {
        let place = state.location.rebuild()
        try place.lock()
        #expect(try place.begin(again: false).isEmpty)
        _ = try place.apply(GoldenHistory.small().events)
        return place
    }

    @Test(
        "The new state takes the place of the live one, and the old one stays until it is discarded",
        arguments: StoreKind.allCases)
    func swap(_ kind: StoreKind) throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState(kind)
        _ = try state.store().apply(Array(history.events.prefix(100)))
        try {
            let place = try Self.built(state)
            try place.holdLive()
            #expect(try state.export() != history.export, "readers of the live state go on")
            try place.swap()
        }()
        #expect(try state.export() == history.export)
        _ = try state.store().apply(history.events)
        #expect(try state.export() == history.export)

        let later = state.location.rebuild()
        try later.lock()
        #expect(try later.hasPrevious())
        #expect(try later.discard() > 0)
        #expect(try !later.hasPrevious())
        #expect(try later.discard() == 0)
        #expect(try state.export() == history.export)
    }

    @Test("Where there is no live state, the new one becomes it", arguments: StoreKind.allCases)
    func withoutLive(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let place = try Self.built(state)
        #expect(try place.readers().live == nil)
        try place.holdLive()
        try place.swap()
        #expect(try state.export() == GoldenHistory.small().export)
        #expect(try !place.hasPrevious())
    }

    @Test("One that was not finished goes on where it was, or begins again", arguments: StoreKind.allCases)
    func goesOn(_ kind: StoreKind) throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState(kind)
        _ = try state.store().apply(history.events)
        let half = try Self.positions(50)
        try {
            let place = state.location.rebuild()
            try place.lock()
            _ = try place.begin(again: false)
            _ = try place.apply(Array(history.events.prefix(50)))
            try place.save(half)
        }()
        try {
            let place = state.location.rebuild()
            try place.lock()
            #expect(try place.begin(again: false) == [half])
            let (live, rebuilt) = try place.readers()
            #expect(try StateComparison(live: live, rebuilt: rebuilt).differentRows > 0)
            _ = try place.apply(Array(history.events.dropFirst(50)))
            let readers = try place.readers()
            #expect(try StateComparison(live: readers.live, rebuilt: readers.rebuilt).differentRows == 0)
        }()
        let again = state.location.rebuild()
        try again.lock()
        #expect(try again.begin(again: true).isEmpty)
        var rows = 0
        try again.readers().rebuilt.forEachUser { _ in rows += 1 }
        #expect(rows == 0)
        #expect(try again.discard() > 0)
        #expect(try state.export() == history.export)
    }

    @Test(
        "Two rebuilds of one state do not meet, and while it is held nobody writes to the live one",
        arguments: StoreKind.allCases)
    func locks(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        _ = try state.store().apply([try EventMaker.created("u1", 1, at: 1)])
        try {
            let place = try Self.built(state)
            #expect(throws: StateError.self) { try state.location.rebuild().lock() }
            try place.holdLive()
            switch kind {
            case .sqlite: #expect(throws: StateError.self) { try state.store() }
            case .postgres:
                #expect(throws: StateError.self) {
                    try state.execute("SET lock_timeout = '100ms'; UPDATE users SET email = 'x'")
                }
            }
            #expect(try !state.export().isEmpty)
        }()
        _ = try state.store().apply([try EventMaker.created("u2", 1, at: 1)])
        let place = state.location.rebuild()
        try place.lock()
        _ = try place.discard()
    }

    @Test("A swap that was interrupted between its two steps has changed nothing and can be done again")
    func interrupted() throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState()
        _ = try state.store().apply(Array(history.events.prefix(100)))
        try { _ = try Self.built(state) }()
        // The first step: the live file has its second name.
        #expect(link(state.path, state.path + ".previous") == 0)
        _ = try state.store().apply(Array(history.events.prefix(101)))
        let place = state.location.rebuild()
        try place.lock()
        #expect(try !place.hasPrevious())
        _ = try place.begin(again: false)
        try place.holdLive()
        try place.swap()
        #expect(try state.export() == history.export && place.hasPrevious())
    }

    @Test("A file that somebody reads is not replaced; nor are files of the old log left behind")
    func readers() throws {
        let state = try TemporaryState()
        _ = try state.store().apply([try EventMaker.created("u1", 1, at: 1)])
        let place = try Self.built(state)
        try place.holdLive()
        let names = try {
            let reader = try state.reader()
            try reader.database.snapshot { () throws(StateError) in
                _ = try reader.database.rows("SELECT 1 FROM users", [], size: .small).step()
                #expect(throws: StateError.beingRead(path: state.path)) { try place.swap() }
            }
            return try FileManager.default.contentsOfDirectory(atPath: state.folder.path)
        }()
        #expect(!names.contains("state.db.previous"))
        let other = state.location.rebuild()
        #expect(throws: StateError.self) { try other.lock() }
    }

    @Test("The new file is its owner's alone, and has the old one's rights in its place")
    func permissions() throws {
        let state = try TemporaryState()
        _ = try state.store().apply([try EventMaker.created("u1", 1, at: 1)])
        chmod(state.path, 0o640)
        let place = try Self.built(state)
        for suffix in ["", "-wal", "-shm"] { #expect(Self.rights(state.path + ".rebuild" + suffix) == 0o600) }
        try place.holdLive()
        try place.swap()
        #expect(Self.rights(state.path) == 0o640 && Self.rights(state.path + ".previous") == 0o640)
    }

    private static func rights(_ path: String) -> mode_t {
        var status = stat()
        #expect(stat(path, &status) == 0)
        return status.st_mode & 0o777
    }

    @Test("A schema whose name leaves no room for those of a rebuild is refused: PostgreSQL would cut them to one name")
    func longName() throws {
        let name = String(repeating: "s", count: 62)
        try TemporaryState.administer("CREATE SCHEMA \(name)")
        defer { try? TemporaryState.administer("DROP SCHEMA \(name) CASCADE") }
        let location = try StateLocation(url: PostgresCluster.shared.url(searchPath: name))
        _ = try location.store().apply([try EventMaker.created("u1", 1, at: 1)])
        #expect(throws: StateError.nameTooLong(schema: name, sizeMax: 54)) { try location.rebuild().lock() }
    }

    @Test("On PostgreSQL whoever could read and write the tables still can")
    func rights() throws {
        let state = try TemporaryState(.postgres)
        _ = try state.store().apply([try EventMaker.created("u1", 1, at: 1)])
        let role = "reader_of_\(state.schema)"
        try TemporaryState.administer(
            "CREATE ROLE \(role); GRANT USAGE ON SCHEMA \(state.schema) TO \(role);"
                + "GRANT SELECT ON \(state.schema).users TO \(role)")
        defer { try? TemporaryState.administer("DROP OWNED BY \(role); DROP ROLE \(role)") }
        try {
            let place = try Self.built(state)
            try place.holdLive()
            try place.swap()
            #expect(try place.discard() > 0)
        }()
        try state.execute("SET ROLE \(role); SELECT id FROM users")
        #expect(throws: StateError.self) { try state.execute("SET ROLE \(role); DELETE FROM users") }
        #expect(throws: StateError.self) { try state.execute("SET ROLE \(role); SELECT * FROM projects") }
    }
}
