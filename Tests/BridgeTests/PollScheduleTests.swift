import Testing

@testable import Bridge

@Suite("When to poll")
struct PollScheduleTests {
    private let start = ContinuousClock.now

    private func schedule(sinceLastSweep: Duration? = .seconds(0)) -> PollSchedule {
        PollSchedule(
            interval: .seconds(300), sweepInterval: .seconds(86_400), sinceLastSweep: sinceLastSweep, now: start)
    }

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("At the start, then every interval, counted from the start of the poll")
    func interval() {
        var schedule = schedule()
        #expect(schedule.next?.at == start && schedule.next?.kind == .poll)
        schedule.started(.poll, now: at(0))
        schedule.succeeded()
        #expect(schedule.next?.at == at(300))
    }

    @Test("A request makes a poll due at once, but a second apart from the one before")
    func requests() {
        var schedule = schedule()
        schedule.started(.poll, now: at(0))
        schedule.succeeded()
        schedule.requested(.webhookRefused, now: at(0.2))
        schedule.requested(.webhookRefused, now: at(0.3))
        #expect(schedule.next?.at == at(1))
        schedule.started(.poll, now: at(1))
        schedule.succeeded()
        #expect(schedule.next?.at == at(301))
        schedule.requested(.otherBridge, now: at(60))
        #expect(schedule.next?.at == at(60))
    }

    @Test("A request that comes while a poll runs is not lost with it")
    func requestDuringPoll() {
        var schedule = schedule()
        schedule.started(.poll, now: at(0))
        schedule.requested(.webhookRefused, now: at(5))
        schedule.succeeded()
        #expect(schedule.next?.at == at(5))
    }

    @Test("After failures the waiting grows from 1 s to 30 s, and requests do not shorten it")
    func backoff() {
        var schedule = schedule()
        var now = 0.0
        for wait in [1.0, 2, 4, 8, 16, 30, 30] {
            schedule.started(.poll, now: at(now))
            schedule.failed(.poll, now: at(now), jitter: 1)
            schedule.requested(.webhookRefused, now: at(now + 0.1))
            #expect(schedule.next?.at == at(now + wait))
            now += wait
        }
        schedule.started(.poll, now: at(now))
        schedule.succeeded()
        schedule.started(.poll, now: at(now + 300))
        schedule.failed(.poll, now: at(now + 300), jitter: 1)
        #expect(schedule.next?.at == at(now + 301))
    }

    @Test("The end of an outage makes a poll due at once, whatever the waiting", arguments: CatchUpReason.allCases)
    func recovery(_ reason: CatchUpReason) {
        var schedule = schedule()
        for second in 0..<6 {
            schedule.started(.poll, now: at(Double(second)))
            schedule.failed(.poll, now: at(Double(second)), jitter: 1)
        }
        schedule.requested(reason, now: at(10))
        #expect(schedule.next?.at == (reason.endsOutage ? at(6) : at(35)))
    }

    @Test("Nothing is due while Kafka is away, and a poll is when it is back")
    func kafkaOutage() {
        var schedule = schedule()
        schedule.started(.poll, now: at(0))
        schedule.succeeded()
        let isBack = schedule.kafkaChanged(isReachable: false, now: at(10))
        #expect(!isBack)
        #expect(schedule.next == nil)
        let isBackNow = schedule.kafkaChanged(isReachable: true, now: at(20))
        #expect(isBackNow)
        #expect(schedule.next?.at == at(20))
        let isBackAgain = schedule.kafkaChanged(isReachable: true, now: at(21))
        #expect(!isBackAgain)
    }

    @Test("A sweep is due an interval after the last one, after the first poll of a start")
    func sweeps() {
        var schedule = schedule(sinceLastSweep: .seconds(90_000))
        #expect(schedule.next?.kind == .poll)
        schedule.started(.poll, now: at(0))
        schedule.succeeded()
        #expect(schedule.next?.kind == .sweep && schedule.next?.at == at(1))
        schedule.started(.sweep, now: at(1))
        schedule.failed(.sweep, now: at(2), jitter: 1)
        #expect(schedule.next?.kind == .sweep && schedule.next?.at == at(3))
        schedule.started(.sweep, now: at(3))
        schedule.succeeded()
        #expect(schedule.next?.kind == .poll && schedule.next?.at == at(300))
    }

    @Test("A sweep comes although polls take longer than their interval")
    func sweepsAreNotStarved() {
        var schedule = PollSchedule(
            interval: .seconds(1), sweepInterval: .seconds(60), sinceLastSweep: .zero, now: start)
        var kinds: [PollSchedule.Kind] = []
        for round in 0..<20 {
            guard let kind = schedule.next?.kind else { break }
            kinds.append(kind)
            schedule.started(kind, now: at(Double(round * 10)))
            schedule.succeeded()
        }
        #expect(kinds.count { $0 == .sweep } >= 1)
    }
}
