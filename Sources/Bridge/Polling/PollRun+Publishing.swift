import EventContract
import KafkaClient
import Logging
import ServiceRuntime

// Publishing a page, and what follows for the cursor.
extension PollRun {
    /// Publishes events, and again those whose user a question to Zitadel could tell.
    mutating func publish(_ page: EventSearchPage, _ items: [Int]) async throws(PollFailure) -> PageOutcome {
        var outcome = try await submit(page, items)
        let unresolved = Dictionary(outcome.held.compactMap { event in event.grant.map { (event.id, $0) } }) { $1 }
        guard !unresolved.isEmpty else { return outcome }
        let users = try await lookUp(Set(unresolved.values).subtracting(unknownGrants).sorted())
        guard !users.isEmpty else { return outcome }
        await poller.publisher.learn(users)
        let resolved = items.filter { item in
            guard let id = page.items[item].id, let grant = unresolved[id] else { return false }
            return users[grant] != nil
        }
        outcome.held.removeAll { event in event.grant.map { users[$0] != nil } ?? false }
        outcome += try await submit(page, resolved)
        return outcome
    }

    private func submit(_ page: EventSearchPage, _ items: [Int]) async throws(PollFailure) -> PageOutcome {
        do throws(PublishError) {
            return try await poller.publisher.publish(page, items, path: report.path)
        } catch {
            throw Task.isCancelled ? .cancelled : .kafka(error)
        }
    }

    private mutating func lookUp(_ grants: [UTF8Text]) async throws(PollFailure) -> [UTF8Text: UTF8Text] {
        report.questions += grants.count
        let waitsSince = poller.clock.microseconds()
        let users = try await GrantLookup(search: poller.search).users(of: grants)
        noteWait(since: waitsSince)
        for grant in grants where users[grant] == nil && unknownGrants.count < Self.unknownGrantsMax {
            unknownGrants.insert(grant)
        }
        return users
    }

    /// Keeps the cursor before an event that is not published, unless that was tried for long enough. A sweep sets it
    /// back there at its end.
    mutating func hold(_ event: HeldEvent) {
        let type = event.type.description
        switch event.reason {
        case .unresolvedSubject where isTooOld(event.createdAt):
            report.givenUp += 1
            poller.logger.error(
                "An event of a grant is given up: Zitadel does not know the grant's user any more",
                metadata: [LogKey.eventID: "\(event.id)", LogKey.type: "\(type)"])
        case .unresolvedSubject:
            report.hold(event)
            keepCursor(of: type, before: event.createdAt)
        case .refused(let error):
            report.hold(event)
            keepCursor(of: type, before: event.createdAt)
            poller.logger.error(
                "Kafka refuses the record of an event; it is tried again in every poll",
                metadata: [
                    LogKey.eventID: "\(event.id)", LogKey.type: "\(type)", LogKey.reason: "\(error)",
                ])
        }
    }

    mutating func note(_ gap: PollGap) {
        report.note(gap)
        let isTooOld = isTooOld(gap.time)
        if !isTooOld { keepCursor(of: gap.type, before: gap.time) }
        poller.logger.error(
            "More events were stored at one moment than Zitadel's events search can show; some are not published",
            metadata: [
                LogKey.type: "\(gap.type)", PollLogKey.time: "\(gap.time)", PollLogKey.isGivenUp: "\(isTooOld)",
            ])
    }

    /// What is older than a sweep reads was tried in every poll since, or comes from history and will not change.
    private func isTooOld(_ time: EventTime) -> Bool {
        time < start.advanced(byMicroseconds: -max(poller.settings.sweepWindow, poller.settings.overlap))
    }

    private mutating func keepCursor(of type: String, before time: EventTime) {
        holds[type] = min(holds[type] ?? time.previous, time.previous)
    }

    /// Everything of the pass stored up to a time is in the topic, except what is held.
    mutating func advance(_ pass: PollPass, to time: EventTime) {
        let safe = time.advanced(byMicroseconds: -poller.settings.overlap)
        for type in pass.typeNames {
            report.cursor.advance(CollectionOfOne(type), to: min(safe, holds[type] ?? safe))
        }
    }

    /// Lets a long reading go on where it stopped.
    mutating func saveIfDue() async throws(PollFailure) {
        if Task.isCancelled { throw .cancelled }
        guard poller.clock.microseconds() - savedAt >= poller.settings.saveInterval else { return }
        do throws(PublishError) { try await save() } catch { throw .kafka(error) }
    }

    /// Also after a failure, unless another bridge may be polling by now.
    mutating func saveAtEnd() async {
        guard report.failure != .cancelled, !Task.isCancelled else { return }
        do throws(PublishError) { try await save() } catch {
            report.failure = report.failure ?? .kafka(error)
        }
    }

    private mutating func save() async throws(PublishError) {
        guard let store, report.cursor != savedCursor else { return }
        try await store.save(report.cursor)
        savedCursor = report.cursor
        savedAt = poller.clock.microseconds()
    }
}

extension HeldEvent {
    /// The grant whose user nobody knows.
    fileprivate var grant: UTF8Text? {
        if case .unresolvedSubject(let grant) = reason { grant } else { nil }
    }
}

enum PollLogKey {
    static let time = "time"
    static let isGivenUp = "given_up"
    static let clockOffset = "clock_offset_ms"
    static let held = "held"
    static let published = "published"
    static let rate = "events_per_second"
    static let percent = "percent"
    static let secondsLeft = "seconds_left"
}
