import KafkaClient
import Testing

@testable import Consumer

@Suite("Dead letters on their way")
struct DeadLetterQueueTests {
    private static func queue(_ count: Int, size: Int = 1) -> DeadLetterQueue {
        DeadLetterQueue(count: count) { index in
            DeadLetter(key: Array("\(index)".utf8), value: [UInt8](repeating: 1, count: size), headers: [])
        }
    }

    private static func names(_ letters: [DeadLetter]) -> [String] {
        letters.map { String(decoding: $0.key ?? [], as: UTF8.self) }
    }

    /// Publishes to a topic that refuses some slices as a whole.
    ///
    /// - Returns: what it took, and how many requests that were.
    private static func publish(
        _ count: Int, _ isRefused: ([DeadLetter]) -> Bool
    ) -> (taken: [DeadLetter], requests: Int) {
        var letters = queue(count)
        var taken: [DeadLetter] = []
        var requests = 0
        while !letters.isEmpty, requests < 10 * count {
            let slice = letters.nextSlice()
            let failure: PublishError? = isRefused(slice) ? .recordTooLarge : nil
            if failure == nil { taken += slice }
            _ = letters.answered([PublishError?](repeating: failure, count: slice.count))
            requests += 1
        }
        return (taken, requests)
    }

    @Test("They go in slices of so many and so many bytes")
    func slices() {
        var many = Self.queue(DeadLetterQueue.sliceSizeMax + 1)
        let first = many.nextSlice()
        #expect(first.count == DeadLetterQueue.sliceSizeMax)
        let step = many.answered([PublishError?](repeating: nil, count: first.count))
        #expect(step == .goOn && !many.isEmpty)
        let rest = many.nextSlice()
        #expect(Self.names(rest) == ["\(DeadLetterQueue.sliceSizeMax)"])
        _ = many.answered([nil])
        #expect(many.isEmpty)

        var large = Self.queue(10, size: DeadLetterQueue.sliceBytesMax / 2)
        let slice = large.nextSlice()
        #expect(slice.count == 2)
    }

    @Test("Only those that failed are tried again, after a pause; an error of the client ends it")
    func failures() {
        var letters = Self.queue(3)
        _ = letters.nextSlice()
        let failed = letters.answered([nil, .timedOut, nil])
        #expect(failed == .tryAgain(.timedOut))
        let again = letters.nextSlice()
        #expect(Self.names(again) == ["1"])
        let ended = letters.answered([.fenced])
        #expect(ended == .end(.fenced))
        #expect(!letters.isEmpty)
    }

    @Test("Letters that are too large together go in smaller slices, whole")
    func tooLargeTogether() {
        let (taken, requests) = Self.publish(1000) { $0.count > 3 }
        #expect(Set(Self.names(taken)).count == 1000 && taken.count == 1000)
        #expect(taken.allSatisfy { $0.value == [1] })
        #expect(requests < 1000, "fewer than one by one")
    }

    @Test("One that is too large alone loses its value, and costs the others nothing")
    func tooLargeAlone() {
        let (taken, requests) = Self.publish(1000) { slice in
            slice.contains { $0.key == Array("700".utf8) && $0.value != nil }
        }
        #expect(Set(Self.names(taken)).count == 1000 && taken.count == 1000)
        #expect(Self.names(taken.filter { $0.value == nil }) == ["700"])
        #expect(requests < 100)
    }

    @Test("One that is refused without its value too ends it")
    func refusedWithoutValue() {
        var letters = Self.queue(1)
        let whole = letters.nextSlice()
        #expect(whole.count == 1 && whole[0].value == [1])
        let step = letters.answered([.recordTooLarge])
        #expect(step == .tryAgain(.recordTooLarge))
        let empty = letters.nextSlice()
        #expect(empty.count == 1 && empty[0].value == nil)
        let ended = letters.answered([.recordTooLarge])
        #expect(ended == .end(.recordTooLarge))
    }
}
