import KafkaClient
import Testing

@testable import Bridge

@Suite("What a bridge tells of its polls, from one election to the next")
struct PollServiceStateTests {
    @Test("Before a complete poll the age counts from the election, and a poll that fails changes nothing")
    func failing() {
        var bridge = ElectedBridge()
        bridge.elect(at: 1000)
        #expect(bridge.term == PollTerm(electedAt: 1000))
        #expect(bridge.term?.completeSince == 1000)
        bridge.finish(startedAt: 1100, failure: .kafka(.timedOut))
        #expect(bridge.term == PollTerm(electedAt: 1000))
        bridge.finish(startedAt: 1200, held: 2)
        #expect(bridge.term?.completeSince == 1200)
        #expect(bridge.term?.heldCount == 2)
        #expect(bridge.term?.clockOffset == 1200)
        let complete = bridge.term
        bridge.finish(startedAt: 1300, failure: .kafka(.timedOut))
        #expect(bridge.term == complete)
        #expect(bridge.state.currentStatus.latest?.startedAt == 1300)
    }

    @Test("What polls hold is not hidden by a sweep, and what a sweep holds counts until the next poll")
    func heldByKind() {
        var bridge = ElectedBridge()
        bridge.elect(at: 1000)
        bridge.finish(startedAt: 1100, held: 2)
        bridge.finish(.sweep, startedAt: 1200, held: 0)
        #expect(bridge.term?.heldCount == 2)
        bridge.finish(.sweep, startedAt: 1300, held: 3)
        #expect(bridge.term?.heldCount == 3)
        bridge.finish(startedAt: 1400, held: 1)
        #expect(bridge.term?.heldCount == 1)
    }

    @Test("A bridge that is not elected tells nothing; one that is elected again begins anew")
    func electedAgain() {
        var bridge = ElectedBridge()
        bridge.elect(at: 1000)
        bridge.finish(startedAt: 1100, held: 2)
        bridge.depose(at: 2000)
        #expect(bridge.term == nil)
        #expect(!bridge.state.currentStatus.isElected)
        bridge.elect(at: 9000)
        #expect(bridge.term == PollTerm(electedAt: 9000))
        bridge.finish(startedAt: 1900, held: 2, term: 1)
        #expect(bridge.term == PollTerm(electedAt: 9000))
        bridge.finish(startedAt: 9100, term: 2)
        #expect(bridge.term?.completeSince == 9100)
        #expect(bridge.term?.heldCount == 0)
    }
}

/// What a polling service does to its state.
private struct ElectedBridge {
    private static let now = ContinuousClock.now

    private(set) var state = PollServiceState(settings: PollService.Settings())

    var term: PollTerm? { state.currentStatus.term }

    mutating func elect(at time: Int64) {
        _ = state.received(.elected(PollCursor()), sinceLastSweep: nil, now: Self.now, time: time)
    }

    mutating func depose(at time: Int64) {
        _ = state.received(.deposed, sinceLastSweep: nil, now: Self.now, time: time)
    }

    /// A poll or sweep ends that was begun in this term; the first is 1.
    mutating func finish(
        _ path: EventPath = .poll, startedAt time: Int64, held: Int = 0, failure: PollFailure? = nil, term: Int = 1
    ) {
        let turn = PollServiceState.Turn(kind: path == .sweep ? .sweep : .poll, cursor: PollCursor(), term: term)
        var report = PollReport(path: path, cursor: PollCursor(), startedAt: time)
        report.heldCount = held
        report.clockOffset = failure == nil ? time : nil
        report.failure = failure
        _ = state.finished(turn, report, now: Self.now)
    }
}
