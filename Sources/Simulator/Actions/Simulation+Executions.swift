/// What the Actions API does with executions (Zitadel, `internal/command/action_v2_execution.go`).
extension Simulation {
    /// Replaces all targets of a condition.
    func setExecution(_ request: RequestMessage) throws(GatewayError) -> String {
        guard let message = try request.message("condition") else {
            throw .invalid("invalid SetExecutionRequest.Condition: value is required")
        }
        let condition = try Condition(message)
        let targets = try request.texts("targets")
        try requireKnown(condition)
        let date = try changeActions { (state, now) throws(GatewayError) in
            for id in targets where state.actions.target(id) == nil { throw Self.targetNotFound }
            let before = state.actions.execution(condition)
            if (before?.targets ?? []) == targets { return ActionChange(result: before?.changedAt ?? now) }
            let execution = Execution(
                condition: condition, targets: targets, createdAt: before?.createdAt ?? now, changedAt: now)
            state.actions.set(execution)
            return ActionChange(result: now, events: [event(execution)], entries: [.execution(execution)])
        }
        return "{\"setDate\":\"\(ProtobufJSON.timestamp(date))\"}"
    }

    func listExecutions(_ request: RequestMessage) throws(GatewayError) -> String {
        let pagination = try Pagination(request)
        var (executions, fails) = read { ($0.actions.executions, $0.faults.faults.failLists) }
        guard !fails else { throw Self.listFailed }
        for filter in try request.messages("filters") {
            if let type = try filter.message("executionTypeFilter")?.text("executionType") {
                executions.removeAll { $0.condition.executionType != type }
            } else if let target = try filter.message("targetFilter")?.text("targetId") {
                executions.removeAll { !$0.targets.contains(target) }
            } else if let wanted = try filter.message("inConditionsFilter") {
                var conditions: Set<Condition> = []
                for message in try wanted.messages("conditions") { conditions.insert(try Condition(message)) }
                executions.removeAll { !conditions.contains($0.condition) }
            }
        }
        return pagination.answer(configuration.flavour.executionsMember, executions.map(\.json))
    }

    /// Zitadel looks for a known type that equals, or for a group begins with, the text: `.*` fits none.
    private func requireKnown(_ condition: Condition) throws(GatewayError) {
        guard let pattern = condition.eventPattern else { return }
        if pattern.isGroup {
            guard eventTypes.contains(where: { $0.hasPrefix(pattern.text) }) else {
                throw .notFound("Errors.Execution.ConditionInvalid", id: "COMMAND-er5oneb5lz")
            }
        } else {
            guard eventTypes.contains(pattern.text) else {
                throw .notFound("Errors.Execution.ConditionInvalid", id: "COMMAND-74aaqj8fv9")
            }
        }
    }

    private func event(_ execution: Execution) -> NewEvent {
        let aggregate = Aggregate(
            type: "execution", id: execution.condition.id, resourceOwner: configuration.instanceID)
        guard !execution.targets.isEmpty else { return NewEvent(aggregate: aggregate, type: "execution.removed") }
        let targets = execution.targets.map { "{\"type\":2,\"target\":\(ProtobufJSON.string($0))}" }
        let payload = "{\"targets\":[\(targets.joined(separator: ","))]}"
        return NewEvent(aggregate: aggregate, type: "execution.v2.set", payload: payload)
    }
}
