import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import ZitadelClient

/// One poll while it runs.
struct PollRun {
    /// Zitadel's `Date` header counts whole seconds.
    static let clockResolution: Int64 = 1_000_000
    /// Grants without a known user that are remembered for the rest of the poll.
    static let unknownGrantsMax = 10_000

    let poller: Poller
    let store: (any CursorStore)?
    private let onPage: (@Sendable (PollProgress) async -> Void)?
    var report: PollReport
    var savedCursor: PollCursor
    var savedAt: Int64
    /// The time of Zitadel's clock at which the poll began; known from its first answer on.
    var start: EventTime
    /// Types whose cursor must stay before a held event or a gap.
    var holds: [String: EventTime] = [:]
    var unknownGrants: Set<UTF8Text> = []

    init(
        _ poller: Poller, _ path: EventPath, _ cursor: PollCursor, store: (any CursorStore)?,
        onPage: (@Sendable (PollProgress) async -> Void)?
    ) {
        self.poller = poller
        self.store = store
        self.onPage = onPage
        let now = poller.clock.microseconds()
        report = PollReport(path: path, cursor: cursor, startedAt: now)
        savedCursor = cursor
        savedAt = now
        start = EventTime(clamping: now - Self.clockResolution)
    }

    mutating func readAll() async throws(PollFailure) {
        let plan =
            report.path == .sweep
            ? PollPlan(sweepFrom: start.advanced(byMicroseconds: -poller.settings.sweepWindow))
            : PollPlan(from: report.cursor)
        for (index, pass) in plan.passes.enumerated() {
            try await read(pass, index: index, of: plan.passes.count)
            if report.path != .sweep { advance(pass, to: start) }
        }
        switch report.path {
        case .sweep:
            report.cursor.lastSweep = start
            // Polls begin behind what a sweep finds, and a later sweep may not reach back to it: so polls go back.
            for (type, time) in holds { report.cursor.setBack(type, to: time) }
        // The first poll reads all of history: no sweep finds more.
        case .poll: report.cursor.lastSweep = report.cursor.lastSweep ?? start
        case .backfill, .webhook: break
        }
    }

    private mutating func read(_ pass: PollPass, index: Int, of passCount: Int) async throws(PollFailure) {
        var reader = PassReader(pass, limit: poller.settings.pageSize)
        guard let question = reader.question else { return }
        var waitsSince = poller.clock.microseconds()
        var answer = await Self.ask(poller.search, question)
        while true {
            noteWait(since: waitsSince)
            let page = try await settle(answer, &reader)
            let step: PassReader.Step
            do throws(PassReader.Misbehaviour) { step = try reader.received(page) } catch {
                throw .badAnswer(error.rawValue)
            }
            guard let question = reader.question else {
                return try await take(page, step, pass, index: index, of: passCount)
            }
            let search = poller.search
            // While this page is published, so that Zitadel and Kafka work at the same time; two pages are in memory.
            async let next = Self.ask(search, question)
            try await take(page, step, pass, index: index, of: passCount)
            waitsSince = poller.clock.microseconds()
            answer = await next
        }
    }

    private static func ask(
        _ search: any EventSearching, _ question: EventSearch
    ) async -> Result<EventSearchAnswer, ZitadelAPIError> {
        do throws(ZitadelAPIError) { return .success(try await search.searchEvents(question)) } catch {
            return .failure(error)
        }
    }

    /// Makes a page of an answer, asking again for less while that is the trouble.
    private mutating func settle(
        _ answer: Result<EventSearchAnswer, ZitadelAPIError>, _ reader: inout PassReader
    ) async throws(PollFailure) -> EventSearchPage {
        var answer = answer
        while true {
            report.questions += 1
            if Task.isCancelled { throw .cancelled }
            switch answer {
            case .success(let answer):
                noteClock(answer.clockOffset)
                do throws(JSONError) { return try EventSearchPage(answer.body) } catch {
                    throw .badAnswer("\(error)")
                }
            case .failure(let error):
                guard error.disposition == .askForLess, reader.answerTooLarge(), let question = reader.question else {
                    throw PollFailure(error)
                }
                let waitsSince = poller.clock.microseconds()
                answer = await Self.ask(poller.search, question)
                noteWait(since: waitsSince)
            }
        }
    }

    /// An answer of Zitadel is here, and nothing was to be done until it came.
    mutating func noteWait(since start: Int64) {
        report.waitedMicroseconds += max(0, poller.clock.microseconds() - start)
    }

    /// Takes Zitadel's clock where it is behind ours, which would lose events. Where it is ahead, our clock makes the
    /// poll read a little again, and a foreign clock that is wrong by a day does no harm.
    private mutating func noteClock(_ offset: Int64?) {
        guard report.clockOffset == nil, let offset else { return }
        report.clockOffset = offset
        start = EventTime(clamping: report.startedAt + min(offset, 0) - Self.clockResolution)
    }

    /// Publishes a page and moves the cursor behind it.
    private mutating func take(
        _ page: EventSearchPage, _ step: PassReader.Step, _ pass: PollPass, index: Int, of passCount: Int
    ) async throws(PollFailure) {
        report.pages += 1
        report.eventsRead += step.items.count
        if !step.items.isEmpty {
            let outcome = try await publish(page, step.items)
            report.count(outcome)
            for event in outcome.held { hold(event) }
        }
        if let gap = step.gap { note(gap) }
        if report.path != .sweep, let time = step.readThrough { advance(pass, to: min(time, start)) }
        try await saveIfDue()
        await onPage?(
            PollProgress(
                passIndex: index, passCount: passCount, from: pass.from, position: page.items.last?.createdAt,
                itemsInPage: step.items.count, report: report))
    }
}
