import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import Synchronization
import TestSupport
import Testing
import ZitadelClient

@testable import Bridge

/// Counts what a service tells.
private final class RecordingObserver: PollObserver {
    let reports = Mutex<[PollReport]>([])
    let reasons = Mutex<[CatchUpReason]>([])

    func pollFinished(_ report: PollReport) { reports.withLock { $0.append(report) } }
    func catchUpRequested(_ reason: CatchUpReason) { reasons.withLock { $0.append(reason) } }
    var count: Int { reports.withLock { $0.count } }
}

@Suite("The polling service")
struct PollServiceTests {
    private struct Running {
        let harness: PollHarness
        let observer: RecordingObserver
        let service: PollService
        let signals: AsyncStream<PollSignal>.Continuation
    }

    /// Runs the service around a body, then shuts it down and waits for its end.
    private func withService(
        _ harness: PollHarness = PollHarness(), interval: Duration = .seconds(300),
        _ body: (Running) async throws -> Void
    ) async throws {
        let (stream, signals) = AsyncStream.makeStream(of: PollSignal.self)
        let observer = RecordingObserver()
        let service = PollService(
            poller: harness.poller(), store: harness.store, settings: PollService.Settings(interval: interval),
            signals: stream, observer: observer, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            try await body(
                Running(harness: harness, observer: observer, service: service, signals: signals))
            signals.finish()
        }
    }

    @Test("Nothing is read before the election; then at once, from the cursor of the topic")
    func pollsWhenElected() async throws {
        let past = PollHarness.start - 86_400 * PollHarness.second
        try await withService(PollHarness(users(10, from: past, step: 10))) { running in
            running.signals.yield(.kafkaReachable(true))
            running.signals.yield(.catchUp(.webhookRefused))
            var cursor = PollCursor()
            cursor.advance(PollPlan.groups.joined().map(\.name), to: time(past + 45))
            #expect(running.harness.zitadel.questions.isEmpty)
            running.signals.yield(.elected(cursor))
            try await eventually("a poll") { running.observer.count == 1 }
            #expect(running.harness.publisher.ids == Set((5..<10).map { "user/u\($0)/1" }))
            let status = running.service.status
            #expect(status.isElected && status.latest?.published == 5 && status.failuresInARow == 0)
            #expect(status.nextDue != nil)
            #expect(status.oldestCursor == time(PollHarness.start - 601 * PollHarness.second))
            #expect(running.observer.reasons.withLock { $0 }.isEmpty)
        }
    }

    @Test("A request makes it poll again, and so does the interval")
    func polledAgain() async throws {
        try await withService { running in
            running.signals.yield(.elected(PollCursor()))
            try await eventually("a poll") { running.observer.count == 1 }
            running.signals.yield(.catchUp(.otherBridge))
            try await eventually("another poll") { running.observer.count == 2 }
            #expect(running.observer.reasons.withLock { $0 } == [.otherBridge])
        }
        try await withService(interval: .milliseconds(1)) { running in
            running.signals.yield(.elected(PollCursor()))
            try await eventually("a second poll") { running.observer.count == 2 }
        }
    }

    @Test("Nothing is read while Kafka is away, and at once when it is back")
    func kafkaOutage() async throws {
        try await withService { running in
            running.signals.yield(.kafkaReachable(false))
            running.signals.yield(.elected(PollCursor()))
            try await eventually("the election") { running.service.status.isElected }
            #expect(running.service.status.nextDue == nil)
            running.signals.yield(.kafkaReachable(true))
            try await eventually("a poll") { running.observer.count == 1 }
            #expect(running.observer.reasons.withLock { $0 } == [.kafkaRecovered])
        }
    }

    @Test("Another election ends the poll under way, which then saves no cursor; a later term starts from the topic")
    func deposed() async throws {
        let gate = Gate()
        let harness = PollHarness()
        let publisher = BlockingPublisher(gate: gate)
        harness.zitadel.change { $0.events = users(10, from: PollHarness.start - 1000, step: 1) }
        let (stream, signals) = AsyncStream.makeStream(of: PollSignal.self)
        let observer = RecordingObserver()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let poller = Poller(search: harness.zitadel, publisher: publisher, logger: logger)
        let service = PollService(
            poller: poller, store: harness.store, settings: .init(), signals: stream, observer: observer,
            logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            signals.yield(.elected(PollCursor()))
            try await eventually("the poll waits") { publisher.isWaiting }
            signals.yield(.deposed)
            try await eventually("the end of the poll") { observer.count == 1 }
            #expect(observer.reports.withLock { $0.first?.failure } == .cancelled)
            #expect(harness.store.saves.withLock { $0.isEmpty })
            #expect(!service.status.isElected && service.status.nextDue == nil)
            gate.open()
            signals.yield(.elected(PollCursor()))
            try await eventually("the next poll") { observer.count == 2 }
            #expect(observer.reports.withLock { $0.last?.failure } == nil)
            signals.finish()
        }
    }

    @Test("Gauges are there on the elected bridge alone, and what a term left is gone in the next")
    func gauges() async throws {
        let harness = PollHarness(users(3, from: PollHarness.start - 1000, step: 1))
        harness.publisher.change { $0.refused = ["user/u1/1"] }
        harness.zitadel.change { $0.clockOffset = 0 }
        try await withService(harness) { running in
            let gauges = PollGauges(running.service, clock: WallClock { harness.now })
            #expect(gauges.held == nil && gauges.age == nil && gauges.clockOffset == nil)
            running.signals.yield(.elected(PollCursor()))
            try await eventually("a poll") { running.observer.count == 1 }
            harness.move(by: 7 * PollHarness.second)
            #expect(gauges.held == 1 && gauges.age == 7 && gauges.clockOffset == 0)
            running.signals.yield(.deposed)
            try await eventually("the end of the term") { !running.service.status.isElected }
            #expect(gauges.held == nil && gauges.age == nil && gauges.clockOffset == nil)
            harness.move(by: 3 * 86_400 * PollHarness.second)
            harness.zitadel.change {
                $0.fault = { _ throws(ZitadelAPIError) in throw ZitadelAPIError(.unreachable, message: "down") }
            }
            running.signals.yield(.elected(PollCursor()))
            try await eventually("a failed poll") { running.observer.count >= 2 }
            harness.move(by: 1200 * PollHarness.second)
            #expect(gauges.held == nil && gauges.age == 1200 && gauges.clockOffset == nil)
        }
    }

    @Test("Failures are counted, and the cursor of the part that was done is kept")
    func failing() async throws {
        let harness = PollHarness()
        harness.zitadel.change {
            $0.fault = { number throws(ZitadelAPIError) in
                if number == 2 { throw ZitadelAPIError(.unreachable, message: "down") }
            }
        }
        try await withService(harness) { running in
            running.signals.yield(.elected(PollCursor()))
            try await eventually("a failed poll") { running.observer.count == 1 }
            #expect(running.service.status.failuresInARow == 1)
            #expect(running.service.status.cursor.times["user.locked"] != nil)
            #expect(running.service.status.oldestCursor == nil)
            running.signals.yield(.catchUp(.zitadelRecovered))
            try await eventually("a good poll") { running.service.status.failuresInARow == 0 }
            #expect(running.service.status.oldestCursor != nil)
        }
    }
}

/// What `/metrics` shows of polling; nil for what it leaves out.
private struct PollGauges {
    private let registry = MetricsRegistry()

    init(_ service: PollService, clock: WallClock) {
        registry.registerPolling(service, clock: clock)
    }

    var held: Double? { value("bridge_held_events") }
    var age: Double? { value("bridge_poll_age_seconds") }
    var clockOffset: Double? { value("bridge_zitadel_clock_offset_seconds") }

    private func value(_ name: String) -> Double? {
        for line in registry.render().split(separator: "\n") where line.hasPrefix("\(name) ") {
            return Double(line.dropFirst(name.count + 1))
        }
        return nil
    }
}

private final class Gate: Sendable {
    private let isOpen = Mutex(false)
    func open() { isOpen.withLock { $0 = true } }
    var state: Bool { isOpen.withLock { $0 } }
}

/// Publishes nothing before its gate is open or its task is cancelled.
private final class BlockingPublisher: PagePublishing {
    private let gate: Gate
    private let waiting = Mutex(false)
    var isWaiting: Bool { waiting.withLock { $0 } }

    init(gate: Gate) {
        self.gate = gate
    }

    func publish(
        _ page: EventSearchPage, _ items: [Int], path: EventPath
    ) async throws(PublishError) -> PageOutcome {
        waiting.withLock { $0 = true }
        do { try await eventually("the gate") { self.gate.state } } catch { throw .purged }
        var outcome = PageOutcome()
        outcome.published = items.count
        return outcome
    }

    func learn(_ users: [UTF8Text: UTF8Text]) async {}
}
