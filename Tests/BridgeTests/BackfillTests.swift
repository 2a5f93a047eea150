import EventContract
import Logging
import ServiceRuntime
import Synchronization
import Testing
import ZitadelClient

@testable import Bridge

@Suite("Backfill")
struct BackfillTests {
    private static let second = PollHarness.second
    private static let past = PollHarness.start - 1000 * second

    private func page(read: Int, position: Int64?, pass: Int = 0, from: EventTime? = nil) -> PollProgress {
        var report = PollReport(path: .backfill, cursor: PollCursor(), startedAt: PollHarness.start)
        report.eventsRead = read
        return PollProgress(
            passIndex: pass, passCount: 2, from: from, position: position.map { time($0) }, itemsInPage: read,
            report: report)
    }

    @Test("It publishes the events from a time on, under its own path, and leaves the cursor of polling alone")
    func since() async throws {
        let harness = PollHarness(users(100, from: Self.past, step: Self.second))
        let backfill = Backfill(poller: harness.poller(), since: time(Self.past + 40 * Self.second), rate: 100_000)
        let positions = Mutex<[Int]>([])
        let report = await backfill.run(resuming: nil, store: nil) { now in
            positions.withLock { $0.append(now.eventsRead) }
        }
        #expect(report.failure == nil)
        #expect(harness.publisher.ids == Set((40..<100).map { "user/u\($0)/1" }))
        #expect(harness.publisher.state.withLock { $0.paths } == ["backfill"])
        #expect(report.cursor.lastSweep == nil)
        #expect(positions.withLock { $0 } == [60, 60, 60])
    }

    @Test("One that was stopped goes on where it was")
    func resumes() async throws {
        let harness = PollHarness(users(1000, from: Self.past - 1_000_000 * Self.second, step: 1000 * Self.second))
        harness.zitadel.change {
            $0.fault = { number throws(ZitadelAPIError) in
                if number == 60 { throw ZitadelAPIError(.unreachable, message: "down") }
            }
        }
        let poller = harness.poller(pageSize: 10, saveInterval: 0)
        let backfill = Backfill(poller: poller, since: nil, rate: 100_000)
        let first = await backfill.run(resuming: nil, store: harness.store) { _ in }
        #expect(first.failure != nil)
        let questions = harness.zitadel.questions.count
        let second = await backfill.run(resuming: try harness.store.latest, store: harness.store) { _ in }
        #expect(second.failure == nil)
        #expect(harness.publisher.ids.count == 1000)
        #expect(harness.zitadel.questions.count - questions < 70)
    }

    @Test("A dry run counts by type and publishes nothing")
    func dryRun() async throws {
        var events = users(5, from: Self.past, step: 1)
        events.append(StoredEvent(aggregate: "x", type: "user.locked", at: Self.past))
        let harness = PollHarness(events)
        let dryRun = DryRun()
        let poller = Poller(
            search: harness.zitadel, publisher: dryRun, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let report = await Backfill(poller: poller, since: nil).run(resuming: nil, store: nil) { _ in }
        #expect(report.failure == nil)
        #expect(dryRun.counts == ["user.human.added": 5, "user.locked": 1])
    }

    @Test("Reading faster than the rate is waited for")
    func rate() {
        var meter = BackfillMeter(rate: 1000, since: nil, startedAt: 0)
        _ = meter.read(page(read: 1000, position: 1), at: 400_000)
        #expect(meter.wait == .milliseconds(600))
        _ = meter.read(page(read: 1500, position: 1), at: 2_000_000)
        #expect(meter.wait == .zero)
    }

    @Test("Progress and time left follow the time in history")
    func progress() {
        var meter = BackfillMeter(rate: 1000, since: time(0), startedAt: 100 * Self.second)
        let half = meter.read(page(read: 10, position: 50 * Self.second, from: time(0)), at: 110 * Self.second)
        #expect(half.fraction == 0.25 && half.secondsLeft == 30 && half.rate == 1)
        let last = meter.read(
            page(read: 20, position: 100 * Self.second, pass: 1, from: time(0)), at: 140 * Self.second)
        #expect(last.fraction == 1 && last.secondsLeft == 0)
        let empty = meter.read(page(read: 0, position: nil), at: 101 * Self.second)
        #expect(empty.fraction == 0 && empty.secondsLeft == nil)
    }

    @Test("A line on a terminal has at most 80 columns; elsewhere there is one log line in five seconds")
    func console() {
        let progress = BackfillProgress(
            eventsRead: 12_345_678, published: 1, duplicates: 0, position: time(PollHarness.start), rate: 2000,
            fraction: 0.5, secondsLeft: 3725)
        let line = BackfillConsole.line(progress)
        #expect(line == "[##########..........] 50 %  12345678 events  2000/s  1h02m left  2026-01-02")
        #expect(line.count <= 80)
        let now = Mutex<Int64>(0)
        let drawn = Mutex<[String]>([])
        let clock = WallClock { now.withLock { $0 } }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let console = BackfillConsole(isTerminal: true, clock: clock, logger: logger) { text in
            drawn.withLock { $0.append(text) }
        }
        for _ in 0..<10 {
            console.show(progress)
            now.withLock { $0 += 50_000 }
        }
        console.finish()
        #expect(drawn.withLock { $0.count } == 6 && drawn.withLock { $0.last } == "\n")
    }

    @Test("Where to begin is a time, a day or the beginning")
    func sinceOption() {
        #expect(Since(argument: "2026-01-02")?.time == time(PollHarness.start))
        #expect(Since(argument: "2026-01-02T00:00:00+00:00")?.time == time(PollHarness.start))
        #expect(Since(argument: "beginning") != nil && Since(argument: "beginning")?.time == nil)
        #expect(Since(argument: "yesterday") == nil)
    }
}
