import EventContract
import KafkaClient
import TestSupport
import Testing

@testable import Consumer

@Suite("A publisher of the change stream whose records are not taken")
struct StreamSilenceTests {
    private static let start = ContinuousClock.now

    @Test("It falls silent for longer than others wait, and another one takes the turn", arguments: StoreKind.allCases)
    func passesOn(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let cutOff = topic.publisher(state, holder: "cut off") { records in
            records.map { _ -> PublishError? in .timedOut }
        }
        let other = topic.publisher(state, holder: "other")
        _ = try store.apply([try EventMaker.created("u1", 1, at: 0)])
        for second in 0..<60 {
            let now = Self.start + .seconds(second)
            _ = try await cutOff.round(now)
            _ = try await other.round(now)
            if second == 44 { #expect(topic.records.isEmpty, "records of the first may be on their way until then") }
        }
        #expect(topic.records.count == 1)
        #expect(try topic.text == state.export())
        _ = try store.apply([try EventMaker.created("u2", 1, at: 1)])
        #expect(try await cutOff.round(Self.start + .seconds(61)) == .waiting)
        #expect(try await other.round(Self.start + .seconds(61)) == .published)
    }

    @Test("It passes the turn on for one record as well, whatever else is taken", arguments: StoreKind.allCases)
    func passesOnForOne(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let store = try state.store(stream: true)
        let topic = CompactedTopic()
        let cutOff = topic.publisher(state, holder: "cut off") { records in
            records.map { record -> PublishError? in
                record.userID == "u1" ? .timedOut : topic.publish([record])[0]
            }
        }
        let other = topic.publisher(state, holder: "other")
        _ = try store.apply([try EventMaker.created("u1", 1, at: 0)])
        for second in 0..<60 {
            let now = Self.start + .seconds(second)
            _ = try store.apply([try EventMaker.created("v\(second)", 1, at: second)])
            // What is new goes first, what has failed comes again after it.
            for _ in 0..<2 { _ = try await cutOff.round(now) }
            _ = try await other.round(now)
        }
        #expect(topic.records.contains { $0.userID == "u1" })
        try await other.drain()
        #expect(try topic.text == state.export())
    }

    @Test("Alone, it goes on after that", arguments: StoreKind.allCases)
    func alone(_ kind: StoreKind) async throws {
        let state = try TemporaryState(kind)
        let topic = CompactedTopic()
        let publisher = topic.publisher(state)
        _ = try state.store(stream: true).apply([try EventMaker.created("u1", 1, at: 0)])
        topic.fail(1)
        for second in 0...30 {
            #expect(try await publisher.round(Self.start + .seconds(second)) == .failed(.timedOut))
        }
        topic.fail(0)
        let begin = Self.start + .seconds(31)
        #expect(try await publisher.round(begin) == .waiting)
        #expect(try await publisher.round(begin + StreamSilence.duration - .seconds(1)) == .waiting)
        #expect(try await publisher.round(begin + StreamSilence.duration) == .published)
        #expect(try topic.text == state.export())
    }

    @Test("Failures that pass, and records that are refused from everybody, are no reason")
    func noReason() {
        var (passing, refused) = (StreamSilence(), StreamSilence())
        for second in 0..<100 {
            let now = Self.start + .seconds(second)
            // Something fails each time, but nothing for long.
            passing.answered(["u1", "u2"], second % 2 == 0 ? [.timedOut, nil] : [nil, .timedOut], now)
            refused.answered(["u1"], [.recordTooLarge], now)
        }
        let end = Self.start + .seconds(100)
        let beginnings = [passing.begins(end), refused.begins(end)]
        #expect(beginnings == [false, false])
    }

    @Test("It takes some slices, and what was acknowledged in the end is forgotten")
    func fewSlices() {
        var silence = StreamSilence()
        for slice in 1..<StreamSilence.slicesMin {
            silence.answered(["u1"], [.timedOut], Self.start + .seconds(100 * slice))
        }
        let early = silence.begins(Self.start + .seconds(1000))
        #expect(!early)
        silence.answered(["u1"], [.timedOut], Self.start + .seconds(1000))
        silence.answered(["u1"], [nil], Self.start + .seconds(1000))
        let late = silence.begins(Self.start + .seconds(1001))
        #expect(!late)
    }
}
