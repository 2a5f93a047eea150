import EventContract
import ZitadelClient

/// A Zitadel event type and the type of its aggregates.
struct PolledType: Hashable, Sendable {
    let name: String
    let aggregate: String
}

/// Reading some event types from one time on: one series of questions.
struct PollPass: Equatable, Sendable {
    let types: [PolledType]
    /// Strictly later events are read; nil for all of history.
    let from: EventTime?

    var typeNames: [String] { types.map(\.name) }

    /// A question for some of the pass's types. The aggregate types are given too: Zitadel derives missing ones from
    /// the event types its own version knows (Zitadel, `internal/api/grpc/admin/event.go`).
    func question(_ types: [PolledType], window: EventSearch.Window, limit: Int) -> EventSearch {
        var search = EventSearch(eventTypes: types.map(\.name), window: window, limit: limit)
        search.aggregateTypes = Set(types.map(\.aggregate)).sorted()
        return search
    }
}

/// What a poll reads: the passes, one after the other.
struct PollPlan: Equatable, Sendable {
    /// Most aggregate types that Zitadel accepts in one question.
    static let aggregateTypesMax = 10

    let passes: [PollPass]

    /// Types of one group whose cursors are equal share a pass, so that the usual poll has one pass a group.
    init(from cursor: PollCursor, groups: [[PolledType]] = PollPlan.groups) {
        passes = groups.flatMap { group in
            Dictionary(grouping: group) { cursor.times[$0.name] }
                .map { PollPass(types: $0.value, from: $0.key) }
                .sorted { ($0.from ?? .earliest, $0.types[0].name) < ($1.from ?? .earliest, $1.types[0].name) }
        }
    }

    /// Reads every type from one time on, whatever the cursor says.
    init(sweepFrom start: EventTime, groups: [[PolledType]] = PollPlan.groups) {
        passes = groups.map { PollPass(types: $0, from: start) }
    }

    /// Every type of the catalogue, in as few groups as one question each allows.
    ///
    /// Types of one aggregate stay together, which keeps the order of its events. Those that only old history holds are
    /// apart, because their events never mix with new ones.
    static let groups: [[PolledType]] = {
        let current = AggregateType.allCases.map { aggregate in
            types(of: aggregate).filter { !$0.isHistoric }.map(\.type)
        }
        let historic = AggregateType.allCases.flatMap { types(of: $0) }.filter(\.isHistoric).map(\.type)
        return packed(current) + packed([historic])
    }()

    /// Puts units into groups in order; a unit is divided only where it alone is too large for a question.
    static func packed(_ units: [[PolledType]]) -> [[PolledType]] {
        var groups: [[PolledType]] = []
        for unit in units {
            for start in stride(from: 0, to: unit.count, by: EventSearch.eventTypesMax) {
                let part = unit[start..<min(start + EventSearch.eventTypesMax, unit.count)]
                if let last = groups.last, fits(last + part) {
                    groups[groups.count - 1] += part
                } else {
                    groups.append(Array(part))
                }
            }
        }
        return groups
    }

    private static func fits(_ types: [PolledType]) -> Bool {
        types.count <= EventSearch.eventTypesMax && Set(types.map(\.aggregate)).count <= aggregateTypesMax
    }

    /// Zitadel renamed `user.X` to `user.human.X` in version 1 and never stores the old names any more.
    private static func types(of aggregate: AggregateType) -> [(type: PolledType, isHistoric: Bool)] {
        Catalogue.rows.filter { $0.aggregate == aggregate }.flatMap { row in
            let names = row.events.map { String(describing: $0) }
            return names.map { name in
                let type = PolledType(name: name, aggregate: String(describing: aggregate.name))
                return (type, name != names[0] && "user.human." + name.dropFirst("user.".count) == names[0])
            }
        }
    }
}
