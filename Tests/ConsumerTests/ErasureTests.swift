import Consumer
import EventContract
import TestSupport
import Testing

@Suite("A removed user's personal data")
struct ErasureTests {
    /// A life with everything in it that is personal, its end at 9, and a second life of the same id.
    private static func events() throws -> [CanonicalEvent] {
        [
            try EventMaker.user(
                "human.added", "u1", 1, at: 1, ("userName", "\"n1\""), ("firstName", "\"n2\""),
                ("lastName", "\"n3\""), ("displayName", "\"n4\""), ("preferredLanguage", "\"n5\""),
                ("gender", "2"), ("email", "\"n6\""), ("phone", "\"n7\"")),
            try EventMaker.user("metadata.set", "u1", 2, at: 1, ("key", "\"a\""), ("value", "\"n8\"")),
            try EventMaker.user("metadata.set", "u1", 3, at: 1, ("key", "\"b\""), ("value", "\"n9\"")),
            try EventMaker.user("metadata.removed", "u1", 4, at: 1, ("key", "\"b\"")),
            try EventMaker.user("human.profile.changed", "u1", 5, at: 1, ("nickName", "\"m1\"")),
            try EventMaker.user("human.email.changed", "u1", 6, at: 1, ("email", "\"m2\"")),
            try EventMaker.user("machine.changed", "u1", 7, at: 1, ("name", "\"m3\""), ("description", "\"m4\"")),
            try EventMaker.user("username.changed", "u1", 8, at: 1, ("userName", "\"m5\"")),
            try EventMaker.user("removed", "u1", 9, at: 2),
            try EventMaker.user("human.added", "u1", 10, at: 3, ("userName", "\"k1\""), ("email", "\"k2\"")),
            try EventMaker.user("metadata.set", "u1", 11, at: 3, ("key", "\"a\""), ("value", "\"k3\"")),
        ]
    }

    /// Which of the events there are: with and without the second life.
    private static let lives = [9, 11]

    @Test(
        "Nothing of it is stored, whatever comes before, with or after the removal, and again",
        arguments: StoreKind.allCases, lives)
    func anyOrder(_ kind: StoreKind, _ count: Int) throws {
        let events = Array(try Self.events().prefix(count))
        let expected = UserRows.expected(events)
        #expect(!expected.contains { $0.contains("'n") || $0.contains("'m") }, "these are the names")
        #expect(expected.contains { $0.contains("'k2'") } == (count == 11))
        let removal = events[8]
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        var deliveries: [[[CanonicalEvent]]] = [
            events.map { [$0] }, events.reversed().map { [$0] }, [events], [events.reversed()],
        ]
        for late in events where late != removal {
            let others = events.filter { $0 != late }
            deliveries += [[others, [late]], [[late], others], [others.filter { $0 != removal }, [late, removal]]]
        }
        var generator = SeededGenerator(seed: 14)
        for _ in 0..<(kind == .sqlite ? 100 : 20) {
            deliveries.append(Deliveries(of: events, using: &generator).batches)
        }
        for batches in deliveries {
            try state.removeAll()
            for batch in batches { #expect(try store.apply(batch).conflicting == 0) }
            try #require(try UserRows.stored(in: state) == expected)
            // Alone in their rows, and beside each other.
            for batch in events.map({ [$0] }) + [events] {
                #expect(try store.apply(batch) == ApplyOutcome(alreadyApplied: batch.count))
            }
            try #require(try UserRows.stored(in: state) == expected)
        }
        #expect(try Summary.of("u1", in: state) == (count == 11 ? "o1 active k1 a=k3" : "none"))
    }

    @Test("The history of the removed user is the same as before, but for the removal", arguments: StoreKind.allCases)
    func history(_ kind: StoreKind) throws {
        let events = try Self.events()
        let state = try TemporaryState(kind)
        let store = try state.store()
        let history = { try #require(try state.reader().history(of: "u1", after: nil, limit: 50)).elements }
        _ = try store.apply(Array(events.prefix(8)))
        let before = try history()
        #expect(before.contains { $0.facts == ["metadata"] } && before.contains { $0.facts == ["metadataRemoved"] })
        _ = try store.apply([events[8]])
        #expect(try history().filter { $0.facts != ["removed"] } == before)
    }

    @Test("What was removed before removals emptied it is emptied by the next start", arguments: StoreKind.allCases)
    func migration(_ kind: StoreKind) throws {
        let events = try Self.events()
        let state = try TemporaryState(kind)
        _ = try state.store().apply(events + [try EventMaker.created("u2", 1, at: 1)])
        let before = try UserRows.stored(in: state)
        let versions = kind == .sqlite ? "schema_migrations" : "zitadel_state_schema"
        try state.execute(
            """
            UPDATE users SET nick_name = 'old', nick_name_seq = 9, name = 'old', name_seq = 8 WHERE id = 'u1';
            UPDATE users SET phone = 'old', phone_seq = 3 WHERE id = 'u1';
            UPDATE user_metadata SET value_seq = 9, value = 'old' WHERE metadata_key = 'b';
            DELETE FROM \(versions) WHERE version >= 5
            """)
        try state.store().prepare()
        let after = try UserRows.stored(in: state)
        #expect(!after.contains { $0.contains("'old'") })
        let kept = { (line: String) in ["'k1'", "'k2'", "'k3'", "'u2-1'"].contains { line.contains($0) } }
        #expect(after.filter(kept) == before.filter(kept) && after.count(where: kept) == 4)
    }
}
