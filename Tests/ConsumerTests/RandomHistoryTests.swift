import Consumer
import EventContract
import TestSupport
import Testing

@Suite("The state of random histories")
struct RandomHistoryTests {
    /// Histories of one test case; PostgreSQL's run through the same code up to the statements, and slower.
    private static func count(_ kind: StoreKind) -> UInt64 { kind == .sqlite ? 80 : 30 }

    @Test("Any delivery ends in what a plain replay gives", arguments: 0..<20, StoreKind.allCases)
    func equalsReplay(_ part: UInt64, _ kind: StoreKind) throws {
        var visible = 0
        var access = 0
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        for seed in part * 80..<part * 80 + Self.count(kind) {
            let history = try RandomHistory(seed: seed, count: 15 + Int(seed % 5) * 20)
            let expected = ReferenceState(history.events).lines
            if let fault = try Self.fault(history.events, seed, state, store) {
                let minimal = Shrinking.minimal(history.events) {
                    (try? Self.fault($0, seed, state, store)) != nil
                }
                Issue.record("seed \(seed): \(fault)\nThe smallest history that fails:\n\(Shrinking.text(minimal))")
                return
            }
            visible += expected.count
            access += expected.filter { $0.contains(":") }.count
        }
        // The histories have to reach what they are about.
        #expect(visible >= 20 && access >= (kind == .sqlite ? 3 : 1), "\(visible) users, \(access) of them with access")
    }

    /// Delivers a history into an empty state; nil when it ends as a plain replay does.
    private static func fault(
        _ events: [CanonicalEvent], _ seed: UInt64, _ state: TemporaryState, _ store: any StateStore
    ) throws -> String? {
        try state.removeAll()
        var generator = SeededGenerator(seed: seed)
        for batch in Deliveries(of: events, using: &generator).batches {
            let outcome = try store.apply(batch)
            if outcome.applied + outcome.alreadyApplied != batch.count { return "\(outcome) for \(batch.count) events" }
            if outcome.conflicting != 0 { return "\(outcome.conflicting) conflicts" }
        }
        let (found, expected) = (try StateSummary.lines(of: state), ReferenceState(events).lines)
        if found != expected {
            return "found\n\(found.joined(separator: "\n"))\nnot\n\(expected.joined(separator: "\n"))"
        }
        let (rows, wanted) = (try UserRows.stored(in: state), UserRows.expected(events))
        if rows != wanted {
            return "rows \(Set(rows).subtracting(wanted).sorted()) not \(Set(wanted).subtracting(rows).sorted())"
        }
        let again = try store.apply(events)
        return again == ApplyOutcome(alreadyApplied: events.count) ? nil : "applied again: \(again)"
    }

    @Test(
        "Counting does not depend on how an ordered history is cut into batches", arguments: 0..<10,
        StoreKind.allCases)
    func countsAreExact(_ seed: UInt64, _ kind: StoreKind) throws {
        let history = try RandomHistory(seed: seed, count: 200)
        var counts: Set<Int> = []
        let state = try TemporaryState(kind)
        let store = try state.store()
        try store.prepare()
        for size in [1, 7, 50, 200] {
            try state.removeAll()
            var applied = 0
            for start in stride(from: 0, to: history.events.count, by: size) {
                applied += try store.apply(Array(history.events[start..<min(start + size, 200)])).applied
            }
            counts.insert(applied)
        }
        #expect(counts.count == 1)
    }

    @Test("A history that fails is cut down to the events that matter")
    func shrinking() throws {
        let history = try RandomHistory(seed: 4, count: 60)
        let culprits = [history.events[7], history.events[41]]
        let minimal = Shrinking.minimal(history.events) { events in culprits.allSatisfy { events.contains($0) } }
        #expect(minimal == culprits)
        #expect(Shrinking.text(minimal).split(separator: "\n").count == 2)
    }
}
