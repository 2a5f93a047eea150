import ZitadelClient

/// What takes the bridge out of Zitadel again. Removes only what is ours.
///
/// An execution that is left with what the broader one calls is switched off, so that the broader one fires again as it
/// did before we came; so is one that is left empty, because Zitadel has no empty executions.
struct UnregistrationPlan: Equatable, Sendable {
    /// In the order in which they are made: broader executions first, our targets last.
    let changes: [RegistrationChange]

    init(at zitadel: RegistrationSnapshot) {
        let ours = Set(zitadel.targets.map(\.id))
        var executions = zitadel.executionTable
        var changes: [RegistrationChange] = []
        for condition in executions.conditions where !ours.isDisjoint(with: executions[condition]) {
            let left = executions[condition].filter { !ours.contains($0) }
            let broader = executions.broader(than: condition).map { executions[$0] } ?? []
            let rest = left == broader ? [] : left
            executions[condition] = rest
            changes.append(.removeFrom(condition, rest: rest))
        }
        self.changes =
            changes
            + zitadel.targets.sorted { $0.id < $1.id }.map { .deleteTarget(id: $0.id, name: $0.name) }
    }
}
