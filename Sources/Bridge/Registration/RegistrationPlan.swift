import ZitadelClient

/// What Zitadel has that registration depends on.
struct RegistrationSnapshot: Equatable, Sendable {
    /// Every event type this Zitadel knows.
    var knownTypes: [String]
    /// The targets that have our name.
    var targets: [ActionTarget]
    /// Every execution on an event condition.
    var executions: [EventExecution]
    /// nil counts as the newest.
    var version: ZitadelVersion?

    /// The target that is ours. Names are unique, so more than one means that something is wrong.
    var ourTarget: ActionTarget? { targets.min { $0.id < $1.id } }

    var executionTable: ExecutionTable {
        ExecutionTable(executions, matchesRawPrefixes: VersionAdvice.matchesRawPrefixes(version))
    }
}

/// The difference between what Zitadel has and what the bridge needs. Applying it twice changes nothing more.
///
/// Safe beside others: each target that is called for an event today is called for it afterwards, in the same order,
/// and after each single change.
struct RegistrationPlan: Equatable, Sendable {
    /// In the order in which they are made.
    let changes: [RegistrationChange]
    let warnings: [RegistrationWarning]
    /// The exact conditions that call our target once the changes are made.
    let conditions: [EventCondition]

    /// - Parameter eventTypes: the types to subscribe to, as far as Zitadel knows them.
    init(_ wanted: TargetSpecification, eventTypes: [String], at zitadel: RegistrationSnapshot) {
        let known = Set(zitadel.knownTypes)
        let types = eventTypes.filter { known.contains($0) }
        let ours = zitadel.ourTarget
        let executions = zitadel.executionTable
        changes =
            Self.targetChanges(wanted, ours)
            + types.compactMap { Self.addition(to: .event($0), ours?.id, executions).map { .addTo($0) } }
        warnings =
            Self.warnings(wanted, zitadel, executions)
            + Self.shadowed(types, ours?.id, executions)
            + (types.count == eventTypes.count ? [] : [.unknownTypes(eventTypes.filter { !known.contains($0) })])
        conditions = types.map { .event($0) }
    }

    private static func targetChanges(_ wanted: TargetSpecification, _ ours: ActionTarget?) -> [RegistrationChange] {
        guard let ours else { return [.createTarget(wanted)] }
        let differences = ours.differences(from: wanted)
        let repair = differences.isEmpty ? [] : [RegistrationChange.repairTarget(id: ours.id, differences, to: wanted)]
        return repair + ((ours.signingKey ?? "").isEmpty ? [.addSigningKey(targetID: ours.id)] : [])
    }

    private static func addition(
        to condition: EventCondition, _ ours: String?, _ executions: ExecutionTable
    ) -> ExecutionAddition? {
        let kept = executions[condition]
        guard kept.isEmpty else {
            if let ours, kept.contains(ours) { return nil }
            return ExecutionAddition(condition: condition, kept: kept, carriedOver: [], broader: nil)
        }
        let broader = executions.broader(than: condition)
        let carriedOver = broader.map { executions[$0] } ?? []
        return ExecutionAddition(
            condition: condition, kept: [], carriedOver: carriedOver.filter { $0 != ours }, broader: broader)
    }

    private static func warnings(
        _ wanted: TargetSpecification, _ zitadel: RegistrationSnapshot, _ executions: ExecutionTable
    ) -> [RegistrationWarning] {
        let several: [RegistrationWarning] =
            zitadel.targets.count > 1
            ? [.moreThanOneTarget(name: wanted.name, ids: zitadel.targets.map(\.id).sorted())] : []
        guard let ours = zitadel.ourTarget?.id else { return several }
        return several
            + executions.conditions.filter { $0.isBroad && executions[$0].contains(ours) }.map { .broadExecution($0) }
    }

    /// One warning for all types that lack the same targets of the same broader execution.
    private static func shadowed(
        _ types: [String], _ ours: String?, _ executions: ExecutionTable
    ) -> [RegistrationWarning] {
        struct Shadow: Hashable {
            let broader: EventCondition
            let targets: [String]
        }
        var shadows: [(Shadow, types: [String])] = []
        for type in types {
            let called = executions[.event(type)]
            guard !called.isEmpty, let broader = executions.broader(than: .event(type)) else { continue }
            let missing = executions[broader].filter { $0 != ours && !called.contains($0) }
            guard !missing.isEmpty else { continue }
            let shadow = Shadow(broader: broader, targets: missing)
            if let index = shadows.firstIndex(where: { $0.0 == shadow }) {
                shadows[index].types.append(type)
            } else {
                shadows.append((shadow, [type]))
            }
        }
        return shadows.map { .shadowed(targets: $0.0.targets, of: $0.0.broader, by: $0.types) }
    }
}

extension EventCondition {
    fileprivate var isBroad: Bool {
        if case .event = self { return false }
        return true
    }
}

extension ActionTarget {
    /// What a repair would change. A time-out that cannot be read counts as different.
    func differences(from wanted: TargetSpecification) -> [TargetDifference] {
        let kindWanted = TargetKind.restWebhook(interruptOnError: false)
        let payloadIsJSON = [nil, "PAYLOAD_TYPE_JSON", "PAYLOAD_TYPE_UNSPECIFIED"].contains(payloadType)
        let candidates: [(Bool, String, String, String)] = [
            (endpoint == wanted.endpoint, "endpoint", endpoint, wanted.endpoint),
            (kind == kindWanted, "type", kind.name, kindWanted.name),
            (
                timeoutMilliseconds == wanted.timeoutMilliseconds, "timeout",
                timeoutMilliseconds.map { "\($0) ms" } ?? "unknown", "\(wanted.timeoutMilliseconds) ms"
            ),
            (payloadIsJSON, "payloadType", payloadType ?? "", "PAYLOAD_TYPE_JSON"),
        ]
        return candidates.filter { !$0.0 }.map { TargetDifference(member: $0.1, current: $0.2, wanted: $0.3) }
    }
}

extension TargetKind {
    /// In Zitadel's words.
    var name: String {
        switch self {
        case .restWebhook(let interrupts): interrupts ? "restWebhook that interrupts" : "restWebhook"
        case .restCall(let interrupts): interrupts ? "restCall that interrupts" : "restCall"
        case .restAsync: "restAsync"
        case .unknown: "unknown"
        }
    }
}
