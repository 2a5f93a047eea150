/// What a `PollService` knows, and what follows from what it is told. No clock, no task.
struct PollServiceState: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Action: Sendable {
        case poll(Turn)
        /// nil: until something happens.
        case wait(until: Instant?)
    }

    /// One poll to do.
    struct Turn: Sendable {
        let kind: PollSchedule.Kind
        let cursor: PollCursor
        let term: Int
    }

    let settings: PollService.Settings
    private var status = PollStatus()
    /// nil while not elected.
    private var schedule: PollSchedule?
    /// Counts elections, so that what a poll of an earlier one brings is known.
    private var term = 0
    private var kafkaIsReachable = true
    private var hasSkew = false

    init(settings: PollService.Settings) {
        self.settings = settings
    }

    var currentStatus: PollStatus {
        var status = status
        status.nextDue = schedule?.next?.at
        return status
    }

    func isElected(in term: Int) -> Bool { status.isElected && term == self.term }

    /// - Parameter time: our clock, microseconds since 1970.
    /// - Returns: the reason for which a poll is due before its time now.
    mutating func received(
        _ signal: PollSignal, sinceLastSweep: Duration?, now: Instant, time: Int64
    ) -> CatchUpReason? {
        switch signal {
        case .elected(let cursor):
            term += 1
            status.term = PollTerm(electedAt: time)
            status.cursor = cursor
            schedule = PollSchedule(
                interval: settings.interval, sweepInterval: settings.sweepInterval, sinceLastSweep: sinceLastSweep,
                now: now)
            schedule?.kafkaChanged(isReachable: kafkaIsReachable, now: now)
        case .deposed:
            status.term = nil
            status.cursor = PollCursor()
            schedule = nil
        case .catchUp(let reason):
            guard schedule != nil else { return nil }
            schedule?.requested(reason, now: now)
            return reason
        case .kafkaReachable(let isReachable):
            kafkaIsReachable = isReachable
            if schedule?.kafkaChanged(isReachable: isReachable, now: now) == true { return .kafkaRecovered }
        }
        return nil
    }

    mutating func next(now: Instant) -> Action {
        guard let next = schedule?.next else { return .wait(until: nil) }
        guard next.at <= now else { return .wait(until: next.at) }
        schedule?.started(next.kind, now: now)
        status.isPolling = true
        return .poll(Turn(kind: next.kind, cursor: status.cursor, term: term))
    }

    /// - Returns: whether Zitadel's clock is found to differ from ours, where it did not before.
    mutating func finished(_ turn: Turn, _ report: PollReport, now: Instant) -> Bool {
        status.isPolling = false
        status.latest = report
        status.givenUp += report.givenUp
        status.gaps += report.gapCount
        let hadSkew = hasSkew
        if let offset = report.clockOffset { hasSkew = abs(offset) > PollService.clockSkewMax }
        // What a poll that outlived its term has read is not ours to go on with: the new term begins from the topic.
        if isElected(in: turn.term) {
            status.term?.finished(report)
            status.cursor = report.cursor
            status.failuresInARow = report.failure == nil ? 0 : status.failuresInARow + 1
            if report.failure == nil {
                schedule?.succeeded()
            } else {
                schedule?.failed(turn.kind, now: now)
            }
        }
        return hasSkew && !hadSkew
    }
}
