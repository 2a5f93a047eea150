import EventContract
import KafkaClient
import Synchronization
import TestSupport
import Testing
import ZitadelClient

@testable import Bridge

@Suite("Polling loses nothing")
struct PollPropertyTests {
    private static let second = PollHarness.second
    private static let types = PollPlan.groups.flatMap { $0 }.filter { $0.aggregate != "usergrant" }

    /// Some events in the minutes before `now`, with equal times, and some that are committed late.
    private static func history(_ count: Int, _ round: Int, now: Int64, _ random: inout SeededGenerator)
        -> [StoredEvent]
    {
        var at = now - Int64.random(in: 1...280, using: &random) * second
        return (0..<count).map { index in
            if Int.random(in: 0..<3, using: &random) > 0 { at = min(now, at + .random(in: 1...second, using: &random)) }
            let type = types.randomElement(using: &random) ?? types[0]
            let isLate = Int.random(in: 0..<10, using: &random) == 0
            return StoredEvent(
                aggregateType: type.aggregate, aggregate: "\(round)-\(index)", type: type.name, at: at,
                visibleAt: isLate ? at + .random(in: 0...590, using: &random) * second : .min)
        }
    }

    private static func arrangeFaults(_ harness: PollHarness, _ random: inout SeededGenerator) {
        let failing = Set((0..<2).map { _ in Int.random(in: 1...40, using: &random) })
        let already = harness.zitadel.questions.count
        harness.zitadel.change { state in
            state.answerBytesMax = [900, 3000, 4_194_304].randomElement(using: &random) ?? 900
            state.clockOffset = [nil, 0, -second, 5 * second].randomElement(using: &random) ?? nil
            state.fault = { number throws(ZitadelAPIError) in
                if failing.contains(number - already) { throw ZitadelAPIError(.unreachable, message: "down") }
            }
        }
        let kafkaFails = Int.random(in: 0..<3, using: &random) == 0
        harness.publisher.change { $0.failures = kafkaFails ? [.timedOut] : [] }
        harness.store.failure.withLock { $0 = Int.random(in: 0..<5, using: &random) == 0 ? .timedOut : nil }
    }

    /// Nothing that was visible when the cursor passed it may be missing from the topic.
    private static func checkCursor(_ harness: PollHarness, _ seed: UInt64) throws {
        let cursor = try harness.store.latest
        let published = harness.publisher.ids
        for event in harness.zitadel.state.withLock({ $0.events }) {
            guard let time = cursor.times[event.type], time >= EventTime(clamping: event.at) else { continue }
            #expect(published.contains(event.id), "seed \(seed): the cursor is ahead of \(event.id)")
        }
    }

    @Test("Random histories, late commits, page sizes, failures and restarts", arguments: 1...60 as ClosedRange<UInt64>)
    func randomHistories(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let harness = PollHarness()
        for round in 0..<12 {
            harness.move(by: .random(in: 1...300, using: &random) * Self.second)
            let count = Int.random(in: 0...60, using: &random)
            let events = Self.history(count, round, now: harness.now, &random)
            harness.zitadel.change { $0.events += events }
            Self.arrangeFaults(harness, &random)
            let pageSize = [4, 5, 17, 1000].randomElement(using: &random) ?? 4
            try await harness.poll(pageSize: pageSize, saveInterval: 0)
            try Self.checkCursor(harness, seed)
        }
        harness.zitadel.change { state in
            state.fault = { _ throws(ZitadelAPIError) in }
            state.answerBytesMax = 4_194_304
        }
        harness.publisher.change { $0.failures = [] }
        harness.store.failure.withLock { $0 = nil }
        harness.move(by: 600 * Self.second)
        #expect(try await harness.poll().failure == nil)
        let all = harness.zitadel.state.withLock { $0.events.map(\.id) }
        #expect(harness.publisher.ids == Set(all), "seed \(seed)")
        harness.move(by: 1200 * Self.second)
        try await harness.poll()
        harness.move(by: 300 * Self.second)
        #expect(try await harness.poll().questions == 3, "seed \(seed)")
    }
}
