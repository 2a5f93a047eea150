import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import Synchronization
import ZitadelClient

@testable import Bridge

/// Records what is published. Grants are resolved from events it has seen and from what it learned, as in the bridge.
final class FakePublisher: PagePublishing {
    struct State {
        /// In order, with repetitions.
        var published: [String] = []
        var paths: Set<String> = []
        var users: [UTF8Text: UTF8Text] = [:]
        var refused: Set<String> = []
        /// Fails the next pages, one each, after half of the page was published.
        var failures: [PublishError] = []
        var pages = 0
    }

    let state = Mutex(State())

    var published: [String] { state.withLock { $0.published } }
    var ids: Set<String> { Set(published) }
    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func publish(
        _ page: EventSearchPage, _ items: [Int], path: EventPath
    ) async throws(PublishError) -> PageOutcome {
        let result: Result<PageOutcome, PublishError> = state.withLock { state in
            state.pages += 1
            state.paths.insert("\(path.name)")
            var outcome = PageOutcome()
            let failure = state.failures.isEmpty ? nil : state.failures.removeFirst()
            for (count, item) in items.map({ page.items[$0] }).enumerated() {
                if let failure, count >= items.count / 2 { return .failure(failure) }
                Self.publish(item, &state, &outcome)
            }
            return failure.map { .failure($0) } ?? .success(outcome)
        }
        return try result.get()
    }

    private static func publish(_ item: EventSearchPage.Item, _ state: inout State, _ outcome: inout PageOutcome) {
        guard let id = item.id else { return outcome.malformed += 1 }
        let grant = item.grantWithoutUser
        if let grant, state.users[grant] == nil {
            let reason = HeldEvent.Reason.unresolvedSubject(grant: grant)
            return outcome.held.append(HeldEvent(id: id, type: item.type, createdAt: item.createdAt, reason: reason))
        }
        if state.refused.contains(id.description) {
            return outcome.held.append(
                HeldEvent(id: id, type: item.type, createdAt: item.createdAt, reason: .refused(.recordTooLarge)))
        }
        state.published.append(id.description)
        outcome.published += 1
    }

    func learn(_ users: [UTF8Text: UTF8Text]) async {
        state.withLock { $0.users.merge(users) { $1 } }
    }
}

/// Keeps what was saved, as text, so that reading it back is part of every test.
final class FakeCursorStore: CursorStore {
    let saves = Mutex<[[UInt8]]>([])
    let failure = Mutex<PublishError?>(nil)

    var latest: PollCursor {
        get throws {
            guard let bytes = saves.withLock(\.last) else { return PollCursor() }
            return try PollCursor(json: bytes)
        }
    }

    func save(_ cursor: PollCursor) async throws(PublishError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
        saves.withLock { $0.append(cursor.json) }
    }
}

/// A bridge's polling around the fakes, with a clock that the test moves.
final class PollHarness: Sendable {
    static let second: Int64 = 1_000_000
    /// 2026-01-02T00:00:00Z
    static let start: Int64 = 1_767_312_000_000_000

    let zitadel: FakeZitadel
    let publisher = FakePublisher()
    let store = FakeCursorStore()
    let clock = Mutex(PollHarness.start)
    let overlap: Int64 = 600 * PollHarness.second

    init(_ events: [StoredEvent] = []) {
        zitadel = FakeZitadel(events, now: Self.start)
    }

    var now: Int64 { clock.withLock { $0 } }

    func move(by microseconds: Int64) {
        let now = clock.withLock { clock in
            clock += microseconds
            return clock
        }
        zitadel.change { $0.now = now }
    }

    func poller(pageSize: Int = 1000, saveInterval: Int64 = 1_000_000) -> Poller {
        let settings = Poller.Settings(
            overlap: overlap, sweepWindow: 172_800 * Self.second, pageSize: pageSize, saveInterval: saveInterval)
        return Poller(
            search: zitadel, publisher: publisher, settings: settings,
            clock: WallClock { [self] in now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Polls from the latest saved cursor, as a bridge that was just started does.
    @discardableResult func poll(
        _ path: EventPath = .poll, pageSize: Int = 1000, saveInterval: Int64 = 1_000_000
    ) async throws -> PollReport {
        let poller = poller(pageSize: pageSize, saveInterval: saveInterval)
        return await poller.poll(path, from: try store.latest, store: store)
    }
}

/// So many users, created one each `step` microseconds.
func users(_ count: Int, from start: Int64, step: Int64, prefix: String = "u") -> [StoredEvent] {
    (0..<count).map {
        StoredEvent(aggregate: "\(prefix)\($0)", type: "user.human.added", at: start + Int64($0) * step)
    }
}

func time(_ microseconds: Int64) -> EventTime { EventTime(clamping: microseconds) }
