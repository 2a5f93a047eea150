import KafkaClient
import Testing

@testable import Consumer

@Suite("What a replay changes")
struct ReplayPlanTests {
    private let positions = [
        GroupPosition(partition: 0, committed: 50, low: 10, high: 100),
        GroupPosition(partition: 1, committed: nil, low: 0, high: 7),
    ]

    @Test("Each target gives its offsets, within what the partition holds")
    func targets() throws {
        #expect(try ReplayPlan(.earliest, at: positions).changes == [0: 10, 1: 0])
        #expect(try ReplayPlan(.latest, at: positions).changes == [0: 100, 1: 7])
        #expect(try ReplayPlan(.time(0), at: positions, young: [0: 20]).changes == [0: 20, 1: 7])
        #expect(try ReplayPlan(.offsets([1: 3]), at: positions).changes == [1: 3])
        #expect(try ReplayPlan(.shift(-5), at: positions).changes == [0: 45, 1: 0])
        #expect(try ReplayPlan(.shift(.min), at: positions).changes == [0: 10, 1: 0])
        #expect(try ReplayPlan(.shift(.max), at: positions).changes == [0: 100, 1: 7])
    }

    @Test("A target outside the partition is moved into it, and the plan says so")
    func clamped() throws {
        let plan = try ReplayPlan(.offsets([0: 5, 1: 70]), at: positions)
        #expect(plan.rows.map(\.target) == [10, 7])
        #expect(plan.rows.map(\.note) == ["oldest there is", "end"])
    }

    @Test("What is there already is no change, and an unnamed partition stays")
    func unchanged() throws {
        #expect(try ReplayPlan(.offsets([0: 50]), at: positions).changes.isEmpty)
        #expect(try ReplayPlan(.offsets([0: 50]), at: positions).rows[1].target == nil)
    }

    @Test("A partition that the topic does not have is refused")
    func noSuchPartition() {
        #expect(throws: ReplayTargetFault("the topic has no partition 9")) {
            try ReplayPlan(.offsets([9: 0]), at: positions)
        }
    }

    @Test(
        "Words that are no target are refused",
        arguments: [
            [], ["earlier"], ["earliest", "now"], ["datetime"], ["datetime", "2026-01-02T03:04:05"], ["offset"],
            ["offset", "1"], ["offset", "-1:5"], ["offset", "1:-5"], ["offset", "1:5", "1:6"], ["shift"],
            ["shift", "1.5"],
        ])
    func refused(_ words: [String]) {
        #expect(throws: ReplayTargetFault.self) { try ReplayTarget(words) }
    }

    @Test("Words become their target")
    func targetsFromWords() throws {
        #expect(try ReplayTarget(["datetime", "1970-01-01T00:00:01.5Z"]) == .time(1500))
        #expect(try ReplayTarget(["offset", "0:1", "2:3"]) == .offsets([0: 1, 2: 3]))
        #expect(try ReplayTarget(["shift", "-5"]) == .shift(-5))
    }
}
