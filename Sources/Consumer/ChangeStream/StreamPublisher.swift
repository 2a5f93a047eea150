import EventContract
import KafkaClient
import Logging
import ServiceRuntime

/// Works off the outbox: reads what is marked, publishes the lines as they are now, and then clears the marks.
///
/// A crash anywhere repeats records and loses none. Only the process that has the turn publishes (`StreamLease`), one
/// slice after the other, so the newest record of a user is never an older line than one before it.
actor StreamPublisher {
    typealias Publish = @Sendable ([StreamRecord]) async throws -> [PublishError?]

    /// Where the publisher is in the outbox.
    private struct Place {
        /// The last user that was taken.
        var latest = UTF8Text(bytes: [])
        /// The last user of the outbox when this way through it began. Without it an import, whose users have ever
        /// higher ids, would keep all others waiting.
        var end = UTF8Text(bytes: [])

        var isAtEnd: Bool { latest == end }
    }

    /// What one round has come to.
    enum Round: Equatable {
        case published
        case nothingToDo
        /// Another process publishes, or is free to begin.
        case waiting
        /// No record was acknowledged.
        case failed(PublishError)
    }

    private let executor: DedicatedThreadExecutor
    private let open: @Sendable () throws(StateError) -> any OutboxDatabase
    private let groupsKey: UTF8Text
    private let publish: Publish
    private let metrics: StreamMetrics
    private let logger: Logger
    private var opened: StreamOutbox?
    private var lease: StreamLease
    private var silence = StreamSilence()
    /// The outbox is read round and round, so that nobody waits for ever.
    private var place = Place()
    /// Users whose records may have come after those of another publisher: to be published again.
    private var suspects: [UTF8Text] = []
    /// Records of the newest slice were given up and may still be on their way.
    private var isUnsure = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - holder: what no other process calls itself.
    ///   - publish: returns for each record why it was not acknowledged.
    init(
        holder: String, groupsKey: UTF8Text, metrics: StreamMetrics, logger: Logger,
        open: @escaping @Sendable () throws(StateError) -> any OutboxDatabase, publish: @escaping Publish
    ) {
        executor = DedicatedThreadExecutor(name: "change-stream")
        lease = StreamLease(holder: UTF8Text(holder))
        self.groupsKey = groupsKey
        self.metrics = metrics
        self.logger = logger
        self.open = open
        self.publish = publish
    }

    /// Publishes one slice of marked users and one of a cause, if there are any and it is this process's turn.
    ///
    /// - Throws: `StateError`; a failure of the client that another attempt does not mend.
    func round(_ now: ContinuousClock.Instant = .now) async throws -> Round {
        do {
            return try await round(outbox(), now)
        } catch {
            opened = nil
            throw error
        }
    }

    /// Lets another process publish at once, unless a record of this one may still be on its way.
    func release() {
        if !suspects.isEmpty, (try? outbox().mark(users: suspects)) != nil { suspects = [] }
        guard lease.isHeld, suspects.isEmpty, !isUnsure else { return }
        try? outbox().release(by: lease.holder)
        lease.lost()
    }

    /// Records of this process since its start: acknowledged, and refused or not acknowledged in time.
    var publishedCount: UInt64 { metrics.publishedCount }
    var failedCount: UInt64 { metrics.failures.value }

    /// Looks how much waits, for metrics and `/status`.
    func measure() throws(StateError) {
        let depth = try withOutbox { (outbox) throws(StateError) in try outbox.depth() }
        metrics.status.measured(users: depth.users, causes: depth.causes, isPublisher: lease.isHeld)
    }

    /// Asks the outbox something, on the publisher's thread.
    func withOutbox<Answer: Sendable>(
        _ body: @Sendable (StreamOutbox) throws(StateError) -> Answer
    ) throws(StateError) -> Answer {
        do throws(StateError) {
            return try body(outbox())
        } catch {
            opened = nil
            throw error
        }
    }

    private func outbox() throws(StateError) -> StreamOutbox {
        if let opened { return opened }
        let outbox = StreamOutbox(try open(), groupsKey: groupsKey)
        opened = outbox
        return outbox
    }

    private func round(_ outbox: StreamOutbox, _ now: ContinuousClock.Instant) async throws -> Round {
        if !suspects.isEmpty {
            try outbox.mark(users: suspects)
            suspects = []
        }
        if staysSilent(now) { return .waiting }
        let start = place
        var (users, cause) = (try nextUsers(outbox), try outbox.firstCause())
        if users.isEmpty, cause == nil {
            lease.wasIdle()
            silence.recovered()
            return .nothingToDo
        }
        if !lease.isFresh(now) {
            guard try takeTurn(outbox, now) else {
                silence.recovered()
                return .waiting
            }
            // Until then another publisher may have cleared these marks, and a mark set anew counts from 1 again.
            place = start
            (users, cause) = (try nextUsers(outbox), try outbox.firstCause())
            if users.isEmpty, cause == nil { return .nothingToDo }
        }
        var rounds: [Round] = []
        if !users.isEmpty { rounds.append(try await publish(users, outbox, now)) }
        if let cause, lease.isHeld { rounds.append(try await publish(cause, outbox, now)) }
        return rounds.contains(.published) ? .published : rounds[0]
    }

    /// While it is silent nothing raises the beat of the turn.
    private func staysSilent(_ now: ContinuousClock.Instant) -> Bool {
        if silence.begins(now) {
            logger.info(
                "Records for the state topic keep failing; another process may publish them",
                metadata: [LogKey.duration: "\(StreamSilence.duration.components.seconds * 1000)"])
        }
        return silence.lasts(now)
    }

    private func nextUsers(_ outbox: StreamOutbox) throws(StateError) -> [StreamOutbox.User] {
        var users = try place.isAtEnd ? [] : outbox.users(after: place.latest, upTo: place.end)
        if users.isEmpty, let last = try outbox.lastUser() {
            place = Place(end: last)
            users = try outbox.users(after: place.latest, upTo: place.end)
        }
        if let latest = users.last?.id { place.latest = latest }
        return users
    }

    private func takeTurn(_ outbox: StreamOutbox, _ now: ContinuousClock.Instant) throws(StateError) -> Bool {
        let publisher = try outbox.publisher()
        guard lease.observed(publisher, now) == .take, try outbox.take(from: publisher, by: lease.holder) else {
            return false
        }
        lease.taken(now)
        return true
    }

    private func publish(
        _ users: [StreamOutbox.User], _ outbox: StreamOutbox, _ now: ContinuousClock.Instant
    ) async throws -> Round {
        let failures = try await publish(users.map(\.id), outbox, now)
        let done = zip(users, failures).filter { $0.1 == nil }.map(\.0)
        guard try settled(outbox.settle(done, by: lease.holder)) else { return .waiting }
        return done.isEmpty ? .failed(failures[0] ?? .closed) : .published
    }

    private func publish(
        _ cause: StreamOutbox.Cause, _ outbox: StreamOutbox, _ now: ContinuousClock.Instant
    ) async throws -> Round {
        if cause.cause.kind == .orgProjects {
            return try settled(outbox.fanOut(cause, by: lease.holder)) ? .published : .waiting
        }
        let page = try outbox.users(of: cause)
        let failures = try await publish(page, outbox, now)
        let failed = zip(page, failures).filter { $0.1 != nil }.map(\.0)
        // A topic that takes nothing now would only move the cause into the outbox; a record that it never takes
        // must not stop the others.
        if failed.count == page.count, let failure = failures.first, let failure, failure.disposition == .retry {
            guard try settled(outbox.settle([], by: lease.holder)) else { return .waiting }
            return .failed(failure)
        }
        return try settled(outbox.settle(cause, page: page, failed: failed, by: lease.holder)) ? .published : .waiting
    }

    /// - Returns: for each user why the record is not acknowledged.
    private func publish(
        _ users: [UTF8Text], _ outbox: StreamOutbox, _ now: ContinuousClock.Instant
    ) async throws -> [PublishError?] {
        if users.isEmpty { return [] }
        let records = zip(users, try outbox.lines(of: users)).map { StreamRecord(userID: $0, line: $1) }
        suspects = users
        let failures = try await publish(records)
        isUnsure = failures.contains { $0 != nil && $0?.disposition != .reject }
        silence.answered(users, failures, now)
        metrics.count(records, failures)
        tell(users, failures)
        return failures
    }

    private func tell(_ users: [UTF8Text], _ failures: [PublishError?]) {
        for (user, failure) in zip(users, failures) {
            guard let failure else { continue }
            guard metrics.status.topicFailed("\(failure)") else { return }
            logger.error(
                "The state topic did not take the record of a user; trying again",
                metadata: [LogKey.user: "\(user)", LogKey.reason: "\(failure)"])
            return
        }
    }

    /// - Parameter isPublisher: what the database said with the answer of the brokers at hand.
    private func settled(_ isPublisher: Bool) -> Bool {
        if isPublisher {
            suspects = []
        } else {
            lease.lost()
            silence.recovered()
        }
        return isPublisher
    }
}
