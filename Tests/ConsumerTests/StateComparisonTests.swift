import Consumer
import EventContract
import TestSupport
import Testing

@Suite("Two states compared")
struct StateComparisonTests {
    private static func pair(_ kind: StoreKind) throws -> (live: TemporaryState, rebuilt: TemporaryState) {
        let (live, rebuilt) = (try TemporaryState(kind), try TemporaryState(kind))
        let history = try GoldenHistory.small()
        _ = try live.store().apply(history.events)
        // In another order and other batches.
        let store = try rebuilt.store()
        for event in history.events.reversed() { _ = try store.apply([event]) }
        return (live, rebuilt)
    }

    private static func compare(_ live: TemporaryState, _ rebuilt: TemporaryState) throws -> StateComparison {
        try StateComparison(live: live.reader(), rebuilt: rebuilt.reader())
    }

    @Test("The same events end in the same rows", arguments: StoreKind.allCases)
    func same(_ kind: StoreKind) throws {
        let (live, rebuilt) = try Self.pair(kind)
        let comparison = try Self.compare(live, rebuilt)
        #expect(comparison.differentRows == 0 && comparison.differences.isEmpty)
        #expect(comparison.tables.map(\.table) == StateTable.allCases)
        #expect(comparison.tables.allSatisfy { $0.liveRows == $0.rebuiltRows && $0.liveRows > 0 })
    }

    @Test("The way on which the events came is no difference")
    func origins() throws {
        let (live, rebuilt) = (try TemporaryState(), try TemporaryState())
        var event = try EventMaker.created("u1", 1, at: 1)
        event.path = .webhook
        _ = try live.store().apply([event])
        event.path = .backfill
        _ = try rebuilt.store().apply([event])
        #expect(try Self.compare(live, rebuilt).differentRows == 0)
    }

    @Test("Databases of two kinds compare too")
    func kinds() throws {
        let (live, _) = try Self.pair(.sqlite)
        let (_, rebuilt) = try Self.pair(.postgres)
        #expect(try Self.compare(live, rebuilt).differentRows == 0)
    }

    @Test(
        "Exactly the row that was changed is found, by its key and the members that differ",
        arguments: StoreKind.allCases)
    func changed(_ kind: StoreKind) throws {
        let (live, rebuilt) = try Self.pair(kind)
        var ids: [UTF8Text] = []
        try rebuilt.reader().forEachUser { (user) throws(StateError) in ids.append(user.id) }
        let id = try #require(ids.dropFirst().first)
        try live.execute("UPDATE users SET email = 'somebody@else.example', nick_name = NULL WHERE id = '\(id)'")
        let comparison = try Self.compare(live, rebuilt)
        #expect(comparison.differentRows == 1)
        let difference = try #require(comparison.differences.first)
        #expect(difference.key == RowKey(.users, id))
        guard case .columns(let columns) = difference.kind else {
            Issue.record("\(difference.kind)")
            return
        }
        #expect(columns.contains("email") && Set(columns).isSubset(of: ["email", "nick_name"]))
    }

    @Test("A row that is in one state only is found, whichever it is", arguments: StoreKind.allCases)
    func onlyInOne(_ kind: StoreKind) throws {
        let (live, rebuilt) = try Self.pair(kind)
        _ = try live.store().apply([try EventMaker.created("0", 1, at: 1)])
        _ = try rebuilt.store().apply([try EventMaker.granted("g-last", to: "zzz", roles: "r", at: 1)])
        let differences = try Self.compare(live, rebuilt).differences
        #expect(
            differences == [
                .init(key: RowKey(.users, "0"), kind: .onlyInLive),
                .init(key: RowKey(.userGrants, "zzz", "g-last"), kind: .onlyInRebuilt),
            ])
    }

    @Test("Without a live state nothing differs, and of many differences the first are kept")
    func ends() throws {
        let (live, rebuilt) = try Self.pair(.sqlite)
        let alone = try StateComparison(live: nil, rebuilt: rebuilt.reader())
        #expect(alone.differentRows == 0 && alone.tables.allSatisfy { $0.liveRows == 0 && $0.rebuiltRows > 0 })
        try live.removeAll()
        let all = try Self.compare(live, rebuilt)
        #expect(all.differentRows == alone.tables.reduce(0) { $0 + $1.rebuiltRows })
        #expect(all.differences.count == StateComparison.differencesMax)
    }
}
