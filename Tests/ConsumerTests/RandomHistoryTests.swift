import Consumer
import EventContract
import TestSupport
import Testing

@Suite("The state of random histories")
struct RandomHistoryTests {
    @Test("Any delivery ends in what a plain replay gives", arguments: 0..<20)
    func equalsReplay(_ part: UInt64) throws {
        var visible = 0
        var access = 0
        for seed in part * 40..<part * 40 + 40 {
            let history = try RandomHistory(seed: seed, count: 15 + Int(seed % 5) * 20)
            let expected = ReferenceState(history.events).lines
            var generator = SeededGenerator(seed: seed)
            let state = try TemporaryState()
            let store = try state.store()
            var applied = 0
            for batch in Deliveries(of: history.events, using: &generator).batches {
                let outcome = try store.apply(batch)
                #expect(outcome.applied + outcome.alreadyApplied == batch.count)
                #expect(outcome.conflicting == 0, "seed \(seed)")
                applied += outcome.applied
            }
            expectSameLines(
                try StateSummary.lines(of: state).joined(separator: "\n"), expected.joined(separator: "\n"),
                "seed \(seed)")
            #expect(try store.apply(history.events).applied == 0, "seed \(seed)")
            visible += expected.count
            access += expected.filter { $0.contains(":") }.count
        }
        // The histories have to reach what they are about.
        #expect(visible >= 20 && access >= 3, "\(visible) users, \(access) of them with access")
    }

    @Test("Counting does not depend on how an ordered history is cut into batches", arguments: 0..<10)
    func countsAreExact(_ seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, count: 200)
        var counts: Set<Int> = []
        for size in [1, 7, 50, 200] {
            let state = try TemporaryState()
            let store = try state.store()
            var applied = 0
            for start in stride(from: 0, to: history.events.count, by: size) {
                applied += try store.apply(Array(history.events[start..<min(start + size, 200)])).applied
            }
            counts.insert(applied)
        }
        #expect(counts.count == 1)
    }
}
