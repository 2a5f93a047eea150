import EventContract
import TestSupport
import Testing

@testable import Consumer

@Suite("What a question costs")
struct QueryCostTests {
    /// Counts the statements that reach a database.
    private final class CountedDatabase: StateDatabase {
        private let database: any StateDatabase
        private(set) var statements = 0

        init(_ database: any StateDatabase) { self.database = database }

        func snapshot(_ body: () throws(StateError) -> Void) throws(StateError) { try database.snapshot(body) }

        func rows(_ sql: String, _ parameters: [FactValue], size: ResultSize) throws(StateError) -> any StateRows {
            statements += 1
            return try database.rows(sql, parameters, size: size)
        }

        func rowsAlone(
            _ sql: String, _ parameters: [FactValue], _ body: (any StateRows) throws(StateError) -> Void
        ) throws(StateError) {
            statements += 1
            try database.rowsAlone(sql, parameters, body)
        }
    }

    @Test("A check takes one statement", arguments: StoreKind.allCases)
    func check(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        _ = try store.apply([
            try EventMaker.created("u1", 1, at: 1), try EventMaker.granted("g1", to: "u1", roles: "a", at: 2),
            try EventMaker.granted("g2", to: "u1", roles: "b", at: 2),
        ])
        let database = CountedDatabase(try state.reader().database)
        let reader = StateReader(database)
        for (role, isAllowed) in [("a", true), ("b", true), ("c", false)] as [(UTF8Text, Bool)] {
            #expect(try reader.hasRole(role, user: "u1", project: "p1", org: nil) == isAllowed)
        }
        #expect(database.statements == 3)
    }

    @Test("A page of users takes five statements, whatever its size", arguments: StoreKind.allCases)
    func page(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        var events: [CanonicalEvent] = []
        for number in 100..<250 {
            events.append(try EventMaker.created("u\(number)", 1, at: 1))
            events.append(
                try EventMaker.granted(
                    "g\(number)", to: "u\(number)", roles: "a", "b", at: 2, project: "p\(number % 9)"))
        }
        events.append(try EventMaker.project("role.removed", "p3", 5, at: 9, ("key", "\"a\"")))
        _ = try store.apply(events)
        let single = try state.reader()
        for limit in [1, 2, 8, 9, 64, 100] {
            let database = CountedDatabase(try state.reader().database)
            let page = try StateReader(database).users(UserFilter(limit: limit), groupsKey: "groups")
            #expect(page.elements.count == limit && page.next == page.elements.last?.id)
            #expect(database.statements == 5)
            for user in page.elements { #expect(try single.user(user.id)?.access == user.access) }
        }
        #expect(try single.user("u102")?.access.first?.roleKeys == ["b"])
    }

    @Test("Groups are counted once for all pages, until they are too old")
    func groups() throws {
        var index = GroupIndex()
        var counts = 0
        let start = ContinuousClock.now
        let ids = (100..<130).map { UTF8Text("g\($0)") }
        let ask = { (index: inout GroupIndex, after: UTF8Text?, seconds: Int) throws in
            try index.page(after: after, limit: 7, asOf: Int64(seconds), now: start + .seconds(seconds)) {
                (after, limit) throws(StateError) in
                counts += 1
                let groups = ids.filter { id in after.map { id > $0 } ?? true }
                return Page(
                    elements: groups.prefix(limit).map { GroupCount(id: $0, displayName: $0, members: 1) }, next: nil)
            }
        }
        var found: [UTF8Text] = []
        var after: UTF8Text?
        repeat {
            let (page, asOf) = try ask(&index, after, 1)
            found += page.elements.map(\.id)
            after = page.next
            #expect(asOf == 1)
        } while after != nil
        #expect(found == ids && counts == 1)
        #expect(try ask(&index, nil, 10).asOf == 1 && counts == 1)
        #expect(try ask(&index, nil, 12).asOf == 12 && counts == 2)
        #expect(try ask(&index, "g110x", 12).0.elements.first?.id == "g111" && counts == 2)
    }

    @Test("Behind the groups that are kept, counting goes on from there")
    func manyGroups() throws {
        var index = GroupIndex()
        let all = (0..<GroupIndex.groupsMax + 50).map { UTF8Text("\(1_000_000 + $0)") }
        var found: [UTF8Text] = []
        var after: UTF8Text?
        var counts = 0
        repeat {
            let (page, _) = try index.page(after: after, limit: 500, asOf: nil) { (after, limit) throws(StateError) in
                counts += 1
                let groups = all.filter { id in after.map { id > $0 } ?? true }
                let elements = groups.prefix(limit).map { GroupCount(id: $0, displayName: $0, members: 1) }
                return Page(elements: elements, next: groups.count > limit ? elements.last?.id : nil)
            }
            found += page.elements.map(\.id)
            after = page.next
        } while after != nil
        #expect(found == all && counts == 2)
    }
}
