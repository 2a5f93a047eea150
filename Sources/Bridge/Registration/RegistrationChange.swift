import ServiceRuntime
import ZitadelClient

/// One thing that registering or unregistering changes in Zitadel.
enum RegistrationChange: Equatable, Sendable {
    case createTarget(TargetSpecification)
    case repairTarget(id: String, [TargetDifference], to: TargetSpecification)
    /// Zitadel does not sign calls of a target without a key.
    case addSigningKey(targetID: String)
    /// Puts our target behind those that are called today.
    case addTo(ExecutionAddition)
    /// Takes our target out of an execution and leaves the rest, in this order. No rest switches it off.
    case removeFrom(EventCondition, rest: [String])
    case deleteTarget(id: String, name: String)
}

/// An execution that our target joins.
struct ExecutionAddition: Equatable, Sendable {
    let condition: EventCondition
    /// Ids of the targets it has.
    let kept: [String]
    /// Ids of the targets of the broader execution that fires today, which a new execution would silence.
    let carriedOver: [String]
    /// That broader execution.
    let broader: EventCondition?

    /// What the execution is set to.
    func targets(with ours: String) -> [String] { kept + carriedOver + [ours] }
}

/// A member of our target that is not what it has to be.
struct TargetDifference: Equatable, Sendable {
    let member: String
    let current: String
    let wanted: String
}

extension RegistrationChange: CustomStringConvertible {
    /// A line of a dry run: `+` creates, `~` changes, `-` removes.
    var description: String {
        switch self {
        case .createTarget(let target):
            "+ target \(target.name): restWebhook to \(target.endpoint), time-out \(target.timeoutMilliseconds) ms"
        case .repairTarget(let id, let differences, let target):
            "~ target \(target.name) (\(id)): "
                + differences.map { "\($0.member) \($0.current) -> \($0.wanted)" }.joined(separator: ", ")
        case .addSigningKey(let id): "~ target \(id): a signing key, so that its calls are signed"
        case .addTo(let addition): addition.description
        case .removeFrom(let condition, let rest):
            rest.isEmpty
                ? "- execution \(condition.name)"
                : "~ execution \(condition.name): without ours, keeps \(rest.joined(separator: ", "))"
        case .deleteTarget(let id, let name): "- target \(name) (\(id))"
        }
    }
}

extension ExecutionAddition: CustomStringConvertible {
    var description: String {
        guard kept.isEmpty else {
            return "~ execution \(condition.name): ours behind \(kept.joined(separator: ", "))"
        }
        guard let broader, !carriedOver.isEmpty else { return "+ execution \(condition.name): ours" }
        return "+ execution \(condition.name): ours behind \(carriedOver.joined(separator: ", ")), "
            + "carried over from \(broader.name)"
    }
}

extension EventCondition {
    /// As an operator knows it.
    var name: String {
        switch self {
        case .event(let type): type
        case .group(let group): "\(group).*"
        case .all: "all events"
        }
    }
}

extension RegistrationChange {
    func write(to output: inout JSONOutput) {
        output.openObject()
        switch self {
        case .createTarget(let target):
            output.member("action", "create_target")
            output.member("name", target.name)
            output.member("endpoint", target.endpoint)
            output.member("timeoutMilliseconds", target.timeoutMilliseconds)
        case .repairTarget(let id, let differences, _):
            output.member("action", "repair_target")
            output.member("id", id)
            for difference in differences { output.member(difference.member, difference.wanted) }
        case .addSigningKey(let id):
            output.member("action", "add_signing_key")
            output.member("id", id)
        case .addTo(let addition):
            output.member("action", "add_to_execution")
            output.member("execution", addition.condition.executionID)
            output.member("kept", addition.kept)
            output.member("carriedOver", addition.carriedOver)
        case .removeFrom(let condition, let rest):
            output.member("action", "remove_from_execution")
            output.member("execution", condition.executionID)
            output.member("rest", rest)
        case .deleteTarget(let id, let name):
            output.member("action", "delete_target")
            output.member("id", id)
            output.member("name", name)
        }
        output.closeObject()
    }
}

extension JSONOutput {
    fileprivate mutating func member(_ name: String, _ texts: [String]) {
        self.name(name)
        openArray()
        for text in texts { string(text) }
        closeArray()
    }
}
