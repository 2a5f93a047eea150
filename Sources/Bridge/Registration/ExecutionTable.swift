import ZitadelClient

/// Which targets Zitadel calls for an event: those of one execution only, the best match.
///
/// Zitadel, `internal/execution/target/router.go`: the exact execution, else, of all whose text the event type starts
/// with, the one whose id sorts last, which is the longest. Since 4.7.1 exact executions take part in that search too.
struct ExecutionTable: Equatable, Sendable {
    private(set) var targets: [EventCondition: [String]]
    /// An execution on `a.b` also fires for `a.b.c` when nothing better does (4.7.1 and later).
    let matchesRawPrefixes: Bool

    init(_ executions: [EventExecution], matchesRawPrefixes: Bool) {
        targets = [:]
        self.matchesRawPrefixes = matchesRawPrefixes
        for execution in executions { self[execution.condition] = execution.targets }
    }

    /// The targets of a condition. An execution without targets does not exist.
    subscript(_ condition: EventCondition) -> [String] {
        get { targets[condition] ?? [] }
        set { targets[condition] = newValue.isEmpty ? nil : newValue }
    }

    /// Ids of the targets that are called for an event of the type, in this order.
    func targets(firingFor type: String) -> [String] {
        let exact = self[.event(type)]
        return exact.isEmpty ? broader(than: .event(type)).map { self[$0] } ?? [] : exact
    }

    /// The execution that fires where that of the condition does not exist.
    func broader(than condition: EventCondition) -> EventCondition? {
        targets.keys.filter { $0 != condition && isBroader($0, than: condition) }.max { $0.isBefore($1) }
    }

    /// Conditions in the order of Zitadel's ids: a broader one comes before those it is broader than.
    var conditions: [EventCondition] { targets.keys.sorted { $0.isBefore($1) } }

    private func isBroader(_ candidate: EventCondition, than condition: EventCondition) -> Bool {
        switch candidate {
        case .all: true
        case .group(let text): condition.text.utf8.starts(with: text.utf8)
        case .event(let text): matchesRawPrefixes && condition.text.utf8.starts(with: text.utf8)
        }
    }
}

extension EventCondition {
    /// The event type, or what it starts with.
    var text: String {
        switch self {
        case .event(let text), .group(let text): text
        case .all: ""
        }
    }

    /// Zitadel's id of the execution.
    var executionID: String {
        switch self {
        case .event(let type): "event/\(type)"
        case .group(let group): "event/\(group).*"
        case .all: "event"
        }
    }

    /// Byte by byte, as Zitadel sorts.
    func isBefore(_ other: EventCondition) -> Bool {
        executionID.utf8.lexicographicallyPrecedes(other.executionID.utf8)
    }
}
