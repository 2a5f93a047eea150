import EventContract
import KafkaClient
import TestSupport
import Testing

@testable import Consumer

@Suite("The change stream of random histories")
struct StreamHistoryTests {
    private static func count(_ kind: StoreKind) -> UInt64 { kind == .sqlite ? 60 : 20 }

    @Test("The compacted topic ends as the export, whatever fails between", arguments: 0..<8, StoreKind.allCases)
    func equalsExport(_ part: UInt64, _ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        try store.prepare()
        for seed in part * 60..<part * 60 + Self.count(kind) {
            let history = try RandomHistory(seed: seed, count: 15 + Int(seed % 5) * 20)
            if try await Self.fault(history.events, seed, state, store) == nil { continue }
            // Histories are cut down by a search that cannot wait; the seed has to do.
            Issue.record("seed \(seed):\n\(Shrinking.text(history.events))")
            return
        }
    }

    /// Applies a history batch by batch while publishers come and go; nil when the topic ends as it should.
    private static func fault(
        _ events: [CanonicalEvent], _ seed: UInt64, _ state: TemporaryState, _ store: any StateStore
    ) async throws -> String? {
        try state.removeAll()
        try state.execute(
            """
            DELETE FROM stream_users; DELETE FROM stream_causes; UPDATE stream_publisher SET holder = '', beat = 0
            """)
        var generator = SeededGenerator(seed: seed)
        let topic = CompactedTopic()
        topic.fail(0.2, unacknowledged: 0.2, seed: seed)
        var publishers = 0
        var publisher = topic.publisher(state, holder: "p0")
        var now = ContinuousClock.now
        for batch in Deliveries(of: events, using: &generator).batches {
            _ = try store.apply(batch)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                now += .seconds(Int.random(in: 0...10, using: &generator))
                _ = try await publisher.round(now)
            }
            guard Int.random(in: 0..<4, using: &generator) == 0 else { continue }
            // A process that ends without a word, and its successor.
            publishers += 1
            publisher = topic.publisher(state, holder: "p\(publishers)")
        }
        topic.fail(0)
        try await publisher.drain()
        return try topic.text == state.export() ? nil : "found\n\(topic.text)not\n\(try state.export())"
    }

    @Test(
        "Two consumers and their publishers on one PostgreSQL state end in a topic that equals the export",
        arguments: 0..<4)
    func concurrently(_ seed: UInt64) async throws {
        let state = try TemporaryState(.postgres)
        let topic = CompactedTopic()
        topic.fail(0.1, unacknowledged: 0.1, seed: seed)
        let history = try RandomHistory(seed: seed * 2, count: 400)
        try state.store(stream: true).prepare()
        let location = state.location
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for consumer in 0..<2 {
                let publisher = topic.publisher(state, holder: "c\(consumer)")
                let events = history.events.enumerated().filter { $0.offset % 2 == consumer }.map(\.element)
                tasks.addTask {
                    let store = try location.store(stream: true)
                    var now = ContinuousClock.now
                    for start in stride(from: 0, to: events.count, by: 7) {
                        _ = try store.apply(Array(events[start..<min(start + 7, events.count)]))
                        // Turns pass by leaving, and by the silence of one that is at work elsewhere.
                        if start % 35 == 0 { await publisher.release() }
                        if start % 3 == 0 { now += .seconds(8) }
                        _ = try await publisher.round(now)
                        await Task.yield()
                    }
                    try await publisher.drain()
                }
            }
            try await tasks.waitForAll()
        }
        topic.fail(0)
        try await topic.publisher(state, holder: "last").drain()
        #expect(try topic.text == state.export())
    }
}
