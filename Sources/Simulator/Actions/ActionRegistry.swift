/// Targets and executions of the instance, as stored.
struct ActionRegistry: Sendable {
    /// In the order of their creation.
    private(set) var targets: [ActionTarget] = []
    /// In the order they were first set.
    private(set) var executions: [Execution] = []

    /// Event type → targets of the execution that fires, found once for each type.
    private var routes: [String: [ActionTarget]] = [:]

    func target(_ id: String) -> ActionTarget? { targets.first { $0.id == id } }

    func execution(_ condition: Condition) -> Execution? { executions.first { $0.condition == condition } }

    /// Adds the target, or puts it in the place of its former self.
    mutating func set(_ target: ActionTarget) {
        routes = [:]
        if let index = targets.firstIndex(where: { $0.id == target.id }) {
            targets[index] = target
        } else {
            targets.append(target)
        }
    }

    /// Removes the target, also from all executions; an execution without targets is none.
    mutating func removeTarget(_ id: String) {
        routes = [:]
        targets.removeAll { $0.id == id }
        for index in executions.indices { executions[index].targets.removeAll { $0 == id } }
        executions.removeAll(where: \.targets.isEmpty)
    }

    /// Sets the execution; one without targets is dropped.
    mutating func set(_ execution: Execution) {
        routes = [:]
        let index = executions.firstIndex { $0.condition == execution.condition }
        if let index, execution.targets.isEmpty {
            executions.remove(at: index)
        } else if let index {
            executions[index] = execution
        } else if !execution.targets.isEmpty {
            executions.append(execution)
        }
    }

    /// The targets that are called for an event, in their order: those of the best match only.
    ///
    /// Zitadel, `internal/execution/target/router.go`: the exact type, else the longest beginning, else all events.
    mutating func targets(forEvent type: String, version: ReportedVersion) -> [ActionTarget] {
        if let known = routes[type] { return known }
        let found = bestMatch(type, version)?.targets.compactMap { target($0) } ?? []
        let route = version.isBeforeRouter ? found.reversed() : found
        routes[type] = route
        return route
    }

    private func bestMatch(_ type: String, _ version: ReportedVersion) -> Execution? {
        var best: (execution: Execution, size: Int)?
        for execution in executions where execution.condition.isEvent {
            guard let pattern = execution.condition.eventPattern else {
                if best == nil { best = (execution, -1) }
                continue
            }
            if !pattern.isGroup, pattern.text == type { return execution }
            guard pattern.isGroup || version.hasRawPrefixFallback, type.hasPrefix(pattern.text) else { continue }
            if pattern.text.utf8.count > best?.size ?? -1 { best = (execution, pattern.text.utf8.count) }
        }
        return best?.execution
    }
}
