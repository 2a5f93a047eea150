import EventContract
import TestSupport
import Testing

@testable import Consumer

@Suite("The history of a user")
struct HistoryTests {
    private static func events() throws -> [CanonicalEvent] {
        let value = ("value", "\"WyJhIl0=\"")
        var events = [
            try EventMaker.created("u1", 1, at: 1),
            try EventMaker.user("human.profile.changed", "u1", 2, at: 2, ("displayName", "\"Ada\"")),
            try EventMaker.user("metadata.set", "u1", 3, at: 3, ("key", "\"groups\""), value),
            try EventMaker.user("metadata.removed", "u1", 4, at: 4, ("key", "\"other\"")),
            try EventMaker.user("locked", "u1", 5, at: 5),
            try EventMaker.granted("g1", to: "u1", roles: "a", at: 4),
            try EventMaker.user("removed", "u1", 6, at: 9), try EventMaker.created("u2", 1, at: 1),
        ]
        let paths: [DeliveryPath?] = [.webhook, .poll, .sweep, .backfill, .webhook, .poll, nil, .poll]
        for (index, path) in paths.enumerated() { events[index].path = path }
        return events
    }

    private static func line(_ entry: HistoryEntry) -> String {
        let time = entry.time.map { "\($0 / 1_000_000 % 60)" } ?? "?"
        let key = entry.metadataKey.map { " \($0)" } ?? ""
        let facts = entry.facts.map(\.description).joined(separator: ",")
        return "\(time) \(entry.event) \(entry.path.map { "\($0.name)" } ?? "?") \(facts)\(key)"
    }

    @Test(
        "Every event with a fact that holds is told with time and path, by time and id", arguments: StoreKind.allCases)
    func told(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        var generator = SeededGenerator(seed: 7)
        for event in try Self.events().shuffled(using: &generator) { _ = try store.apply([event]) }
        let page = try #require(try state.reader().history(of: "u1", after: nil, limit: 100))
        let birth = """
            created,name,username,firstName,lastName,nickName,preferredLanguage,gender,email,emailVerified,phone,\
            phoneVerified,description
            """
        #expect(
            page.elements.map(Self.line) == [
                "1 user/u1/1 webhook \(birth)", "2 user/u1/2 poll displayName", "3 user/u1/3 sweep metadata groups",
                "4 user/u1/4 backfill metadataRemoved other", "4 usergrant/g1/1 poll created,state,roleKeys",
                "5 user/u1/5 webhook state", "9 user/u1/6 ? removed",
            ])
        #expect(page.next == nil)
        #expect(try state.reader().history(of: "u3", after: nil, limit: 100) == nil)
    }

    @Test("Pages of any size give the same history")
    func pages() throws {
        let state = try TemporaryState()
        _ = try state.store().apply(try Self.events())
        let reader = try state.reader()
        let whole = try #require(try reader.history(of: "u1", after: nil, limit: 100)).elements
        for limit in 1...whole.count {
            var found: [HistoryEntry] = []
            var after: HistoryPlace?
            repeat {
                let page = try #require(try reader.history(of: "u1", after: after, limit: limit))
                #expect(page.elements.count <= limit)
                found += page.elements
                after = page.next.flatMap { HistoryPlace($0) }
            } while after != nil
            #expect(found == whole)
        }
    }

    @Test(
        "Another delivery of an event changes neither state nor history, and is no conflict",
        arguments: StoreKind.allCases)
    func otherPath(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        let events = try Self.events()
        _ = try store.apply(events)
        let export = try state.export()
        let first = try state.reader().history(of: "u1", after: nil, limit: 100)?.elements
        var again = events
        for index in again.indices { again[index].path = .backfill }
        #expect(try store.apply(again) == ApplyOutcome(alreadyApplied: events.count))
        #expect(try store.apply(events + again) == ApplyOutcome(alreadyApplied: 2 * events.count))
        #expect(try state.export() == export)
        #expect(try state.reader().history(of: "u1", after: nil, limit: 100)?.elements == first)
    }

    @Test("Facts from before origins were kept have the times that access depends on", arguments: StoreKind.allCases)
    func before(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        _ = try store.apply(try Self.events())
        for table in StateTable.allCases where table.hasOrigins {
            let origins = table.registers.compactMap(\.origin).map { "\($0.rawValue) = 0" }
            try state.execute("UPDATE \(table.name) SET \(origins.joined(separator: ", "))")
        }
        let page = try #require(try state.reader().history(of: "u1", after: nil, limit: 100))
        #expect(
            page.elements.map { "\($0.time == nil ? "?" : "known") \($0.event)" } == [
                "? user/u1/2", "? user/u1/3", "? user/u1/4", "? user/u1/5", "known user/u1/1", "known usergrant/g1/1",
                "known user/u1/6",
            ])
        #expect(page.elements.allSatisfy { $0.path == nil })
    }

    @Test("The header says the path; what is no path of ours is none")
    func header() {
        for path in DeliveryPath.allCases {
            #expect(Array(path.name.description.utf8).withUnsafeBytes { DeliveryPath(header: $0) } == path)
        }
        #expect(DeliveryPath(header: nil) == nil)
        #expect([UInt8]().withUnsafeBytes { DeliveryPath(header: $0) } == nil)
        #expect(Array("Web".utf8).withUnsafeBytes { DeliveryPath(header: $0) } == nil)
    }
}
