import EventContract
import Synchronization
import ZitadelClient

/// An event as the fake stores it.
struct StoredEvent: Equatable, Sendable {
    var aggregateType = "user"
    var aggregate: String
    var sequence = 1
    var type: String
    /// Microseconds.
    var at: Int64
    /// When a reader can see it first: the clock at its commit, which may be later than `at`.
    var visibleAt: Int64 = .min
    var payload = #"{"userName":"ada"}"#
    /// Replaces the whole item.
    var raw: String?

    var id: String { "\(aggregateType)/\(aggregate)/\(sequence)" }

    var item: String {
        raw ?? """
            {"editor":{"userId":"1","displayName":"A","service":"zitadel"},"aggregate":{"id":"\(aggregate)",\
            "type":{"type":"\(aggregateType)"},"resourceOwner":"2"},"sequence":"\(sequence)",\
            "creationDate":"\(EventTime(clamping: at))","payload":\(payload),"type":{"type":"\(type)"}}
            """
    }
}

/// Zitadel's events search over events in memory, to the letter: strict times, stable order by time, at most 30 types
/// and 1,000 events, answers of bounded size, events that become visible after younger ones.
final class FakeZitadel: EventSearching {
    struct State {
        var events: [StoredEvent] = []
        var now: Int64 = 0
        var questions: [EventSearch] = []
        var answerBytesMax = 4_194_304
        /// Zitadel's clock less ours.
        var clockOffset: Int64?
        /// Called before each answer; throws to fail it.
        var fault: @Sendable (Int) throws(ZitadelAPIError) -> Void = { _ throws(ZitadelAPIError) in }
    }

    let state: Mutex<State>

    init(_ events: [StoredEvent] = [], now: Int64 = 0) {
        state = Mutex(State(events: events, now: now))
    }

    var questions: [EventSearch] { state.withLock { $0.questions } }
    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func searchEvents(_ search: EventSearch) async throws(ZitadelAPIError) -> EventSearchAnswer {
        if Task.isCancelled { throw ZitadelAPIError(.cancelled, message: "cancelled") }
        let (state, number) = state.withLock { state in
            state.questions.append(search)
            return (state, state.questions.count)
        }
        try state.fault(number)
        guard search.eventTypes.count <= EventSearch.eventTypesMax, search.aggregateTypes.count <= 10,
            (1...EventSearch.limitMax).contains(search.limit)
        else { throw ZitadelAPIError(.refused, status: 400, code: 3, message: "validation failed") }
        let found = state.events.filter { Self.matches($0, search, now: state.now) }
        var ordered = found.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
        if !search.isAscending { ordered.reverse() }
        let items = ordered.prefix(search.limit).map(\.element.item)
        let body = #"{"events":["# + items.joined(separator: ",") + "]}"
        guard body.utf8.count <= state.answerBytesMax else {
            throw ZitadelAPIError(.tooLarge, status: 429, code: 8, message: "message larger than max")
        }
        return EventSearchAnswer(body: Array((items.isEmpty ? "{}" : body).utf8), clockOffset: state.clockOffset)
    }

    private static func matches(_ event: StoredEvent, _ search: EventSearch, now: Int64) -> Bool {
        let isInWindow =
            switch search.window {
            case .all: true
            case .after(let time):
                search.isAscending
                    ? event.at > time.microsecondsSinceEpoch : event.at < time.microsecondsSinceEpoch
            case .between(let first, let last):
                event.at > first.microsecondsSinceEpoch && event.at < last.microsecondsSinceEpoch
            }
        return event.visibleAt <= now && isInWindow
            && (search.eventTypes.isEmpty || search.eventTypes.contains(event.type))
            && (search.aggregateTypes.isEmpty || search.aggregateTypes.contains(event.aggregateType))
            && (search.aggregateID.map { $0 == event.aggregate } ?? true)
    }
}
