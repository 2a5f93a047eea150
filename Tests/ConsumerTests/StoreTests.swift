import Consumer
import EventContract
import TestSupport
import Testing

/// What every store promises, in the same words for each.
@Suite("A store")
struct StoreTests {
    @Test("A second delivery changes nothing and is counted as such", arguments: StoreKind.allCases)
    func redelivery(_ kind: StoreKind) throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState(kind)
        let store = try state.store()
        _ = try store.apply(history.events)
        #expect(try store.apply(history.events) == ApplyOutcome(applied: 0, alreadyApplied: history.events.count))
        #expect(try state.export() == history.export)
    }

    @Test(
        "A batch that is delivered again after a crash before the offsets' commit ends in the same state",
        arguments: StoreKind.allCases)
    func crashBeforeCommit(_ kind: StoreKind) throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState(kind)
        _ = try state.store().apply(Array(history.events.prefix(250)))
        let outcome = try state.store().apply(Array(history.events.dropFirst(100)))
        #expect(outcome.applied == history.events.count - 250)
        #expect(outcome.alreadyApplied == 150)
        #expect(try state.export() == history.export)
    }

    @Test("Events of a batch count one by one, whatever else changes in their row", arguments: StoreKind.allCases)
    func countsPerEvent(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        let created = try EventMaker.created("u1", 1, at: 1)
        let locked = try EventMaker.user("locked", "u1", 2, at: 2)
        let renamed = try EventMaker.user("username.changed", "u1", 3, at: 3, ("userName", "\"x\""))
        let unlocked = try EventMaker.user("unlocked", "u1", 4, at: 4)
        #expect(try store.apply([created, locked]) == ApplyOutcome(applied: 2))
        #expect(try store.apply([created, renamed, renamed]) == ApplyOutcome(applied: 1, alreadyApplied: 2))
        #expect(try store.apply([unlocked, locked, created]) == ApplyOutcome(applied: 1, alreadyApplied: 2))
        #expect(try store.apply([]) == ApplyOutcome())
    }

    @Test("Which events were applied is told, alone in their row or beside others", arguments: StoreKind.allCases)
    func appliedEvents(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        let created = try EventMaker.created("u1", 1, at: 1)
        let locked = try EventMaker.user("locked", "u1", 2, at: 2)
        let removed = try EventMaker.user("removed", "u1", 3, at: 3)
        let other = try EventMaker.created("u2", 1, at: 1)
        _ = try store.apply([other, created, locked])
        #expect(store.appliedEvents.sorted() == [0, 1, 2])
        _ = try store.apply([other, locked])
        #expect(store.appliedEvents == [])
        _ = try store.apply([created, other, removed, locked])
        #expect(store.appliedEvents == [2])
        _ = try store.apply([])
        #expect(store.appliedEvents == [])
    }

    /// Where the second event meets the first.
    enum Meeting: CaseIterable { case inOneBatch, inTheState, inTheStateBesideOthers }

    @Test(
        "The same id with other content: the first is kept, the other counted", arguments: StoreKind.allCases,
        Meeting.allCases)
    func conflict(_ kind: StoreKind, _ meeting: Meeting) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        let first = try EventMaker.created("u1", 1, at: 1)
        let other = try EventMaker.created("u1", 1, at: 1, in: "o2")
        let later = try EventMaker.user("email.verified", "u1", 2, at: 2)
        let outcome: ApplyOutcome
        switch meeting {
        case .inOneBatch: outcome = try store.apply([first, other])
        case .inTheState:
            _ = try store.apply([first])
            outcome = try store.apply([other])
        case .inTheStateBesideOthers:
            _ = try store.apply([first])
            outcome = try store.apply([other, later])
        }
        #expect(outcome.conflicting == 1)
        #expect(try Summary.of("u1", in: state) == "o1 active u1-1")
    }

    @Test("Reading goes on while another connection writes, and sees one moment", arguments: StoreKind.allCases)
    func readingDuringWriting(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        let store = try state.store()
        _ = try store.apply([try EventMaker.created("u1", 1, at: 1), try EventMaker.created("u2", 1, at: 1)])
        let later = try EventMaker.user("username.changed", "u2", 2, at: 2, ("userName", "\"later\""))
        var names: [String] = []
        try state.reader().forEachUser { (user) throws(StateError) in
            names.append("\(user.username)")
            _ = try store.apply([later])
        }
        #expect(names == ["u1-1", "u2-1"])
    }

    @Test("A reader that comes before the first consumer says that there is no state", arguments: StoreKind.allCases)
    func missing(_ kind: StoreKind) throws {
        let state = try TemporaryState(kind)
        #expect {
            try state.reader().forEachUser { _ in }
        } throws: { error in
            guard case .missing? = error as? StateError else { return false }
            return "\(error)".contains("zitadel-consumer run")
        }
    }

    @Test("Ids and keys of any text sort by their bytes, and come back as they were", arguments: StoreKind.allCases)
    func difficultTexts(_ kind: StoreKind) throws {
        // JSON texts may hold U+0000, PostgreSQL's may not; "B" sorts before "a" by bytes and after it in most locales.
        let texts = [
            "", "\0", "\0\0", "\0\u{1}", "\0a", "\u{1}", "\u{1}\0", "\u{1}\u{1}", "\u{1}\u{2}", "\u{2}", "B", "a",
            "a\0",
            "a b", "ab", "e\u{301}", "\u{e9}", "\u{ffff}", "\u{10ffff}",
        ]
        let state = try TemporaryState(kind)
        var events: [CanonicalEvent] = []
        for (index, text) in texts.enumerated() {
            let quoted = EventMaker.quoted(text)
            events.append(
                try EventMaker.user("human.added", "u\(text)", 1, at: 1, ("userName", EventMaker.quoted("n\(text)"))))
            events.append(
                try EventMaker.user(
                    "metadata.set", "k", index + 2, at: 2, ("key", EventMaker.quoted("k\(text)")), ("value", quoted)))
            events.append(try EventMaker.granted("g\(text)", to: "u", roles: "r\(text)", text, at: 2))
        }
        events.append(try EventMaker.created("k", 1, at: 1))
        var generator = SeededGenerator(seed: 1)
        let store = try state.store()
        for event in events.shuffled(using: &generator) { _ = try store.apply([event]) }
        #expect(try store.apply(events).applied == 0)
        var users: [UserFacts] = []
        try state.reader().forEachUser { (user) throws(StateError) in users.append(user) }
        let created = users.filter { $0.id.description.hasPrefix("u") }
        #expect(created.map(\.id) == texts.map { UTF8Text("u\($0)") })
        #expect(created.map(\.username) == texts.map { UTF8Text("n\($0)") })
        #expect(created.first?.grants.map(\.id) == texts.map { UTF8Text("g\($0)") })
        let roles = Set(texts.flatMap { [UTF8Text("r\($0)"), UTF8Text($0)] })
        #expect(created.first?.access.first?.roleKeys == roles.sorted())
        let keeper = try #require(users.first { $0.id == "k" })
        #expect(keeper.metadata.map(\.key) == texts.map { UTF8Text("k\($0)") })
        #expect(keeper.metadata.map(\.value) == texts.map { UTF8Text($0) })
    }
}
