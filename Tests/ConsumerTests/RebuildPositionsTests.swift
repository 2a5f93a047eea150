import Consumer
import KafkaClient
import Testing

@Suite("How far a rebuild has read")
struct RebuildPositionsTests {
    private func group(_ partition: Int32, committed: Int64?, low: Int64 = 0, high: Int64 = 100) -> GroupPosition {
        GroupPosition(partition: partition, committed: committed, low: low, high: high)
    }

    @Test("It reads what the group has committed, and a partition that the group has not begun to its end")
    func ranges() throws {
        var positions = RebuildPositions(topic: "t")
        let group = [group(0, committed: 40), group(1, committed: nil), group(2, committed: 7, low: 0, high: 7)]
        #expect(try positions.ranges(to: group) == [0: 0..<40, 1: 0..<100, 2: 0..<7])
        #expect(!positions.isLevel(with: group))
        positions.set([0: 40, 1: 100, 2: 7])
        #expect(positions.isLevel(with: group))
        #expect(try positions.ranges(to: group) == [0: 40..<40, 1: 100..<100, 2: 7..<7])
        #expect(!positions.isLevel(with: [self.group(0, committed: 41)]))
    }

    @Test("A group that was set back needs nothing to be read, and is not level")
    func setBack() throws {
        var positions = RebuildPositions(topic: "t")
        _ = try positions.ranges(to: [group(0, committed: 40)])
        positions.set([0: 40])
        let group = [group(0, committed: 0)]
        #expect(try positions.ranges(to: group) == [0: 40..<40])
        #expect(!positions.isLevel(with: group))
    }

    @Test("Records that the topic has deleted are counted, at the beginning and after a stop")
    func missing() throws {
        var positions = RebuildPositions(topic: "t")
        #expect(try positions.ranges(to: [group(0, committed: 40, low: 10)]) == [0: 10..<40])
        #expect(positions.missing == 10)
        positions.set([0: 40])
        #expect(try positions.ranges(to: [group(0, committed: 60, low: 45)]) == [0: 45..<60])
        #expect(positions.missing == 15)
        #expect(try positions.ranges(to: [group(0, committed: nil, low: 100)]) == [0: 100..<100])
        #expect(positions.isLevel(with: [group(0, committed: 20, low: 100)]))
    }

    @Test("A topic that ends before what was read of it was made anew")
    func replaced() throws {
        var positions = RebuildPositions(topic: "t")
        _ = try positions.ranges(to: [group(0, committed: 40)])
        positions.set([0: 40])
        #expect(throws: RebuildError.topicReplaced(topic: "t", partition: 0)) {
            try positions.ranges(to: [group(0, committed: 5, high: 5)])
        }
    }

    @Test("A line on a terminal has at most 80 columns")
    func line() {
        let progress = RebuildProgress(read: 12_345_678, total: 24_691_356, microseconds: 600_000_000)
        #expect(progress.line == "[##########..........] 50 %  12345678 of 24691356 records  20576/s  10m00s left")
        #expect(progress.line.count <= 80)
        let none = RebuildProgress(read: 0, total: 0, microseconds: 0)
        #expect(none.fraction == 1 && none.secondsLeft == nil)
    }
}
