import Testing

@testable import Consumer

@Suite("The size of a batch")
struct BatchSizeTests {
    private static let fast = Duration.milliseconds(20)
    private static let slow = Duration.milliseconds(500)

    /// After that many full batches that took so long.
    private func size(after count: Int, _ duration: Duration, from size: BatchSize = BatchSize()) -> BatchSize {
        var size = size
        for _ in 0..<count { size.applied(size.records, in: duration) }
        return size
    }

    @Test("Grows while full batches are applied fast, to its upper bound")
    func grows() {
        #expect(size(after: 1, Self.fast).records == 2000)
        #expect(size(after: 50, Self.fast).records == BatchSize.bounds.upperBound)
    }

    @Test("Shrinks while batches are slow, to its lower bound, and grows again when the state is fast again")
    func shrinks() {
        let large = size(after: 50, Self.fast)
        let once = size(after: 1, Self.slow, from: large)
        #expect(once.records == large.records / 2)
        let small = size(after: 50, Self.slow, from: large)
        #expect(small.records == BatchSize.bounds.lowerBound)
        #expect(size(after: 50, Self.fast, from: small) == large)
    }

    @Test("Stays while batches take about as long as they may")
    func settles() {
        let grown = size(after: 2, Self.fast)
        #expect(size(after: 10, .milliseconds(150), from: grown) == grown)
        #expect(size(after: 10, BatchSize.target, from: grown) == grown)
    }

    @Test("Small batches change nothing: fast ones ask for no more, slow ones are not slow because of their size")
    func smallBatches() {
        let grown = size(after: 2, Self.fast)
        for duration in [Self.fast, Self.slow] {
            var size = grown
            for _ in 0..<10 { size.applied(grown.records / 2, in: duration) }
            #expect(size == grown)
        }
    }
}
