import ZitadelClient

/// What a comparison found and does not change.
enum RegistrationWarning: Hashable, Sendable {
    /// Executions on `types` do not call these targets of the broader execution that they shadow. It may be on purpose.
    case shadowed(targets: [String], of: EventCondition, by: [String])
    /// Types of the catalogue that this Zitadel does not know.
    case unknownTypes([String])
    case moreThanOneTarget(name: String, ids: [String])
    /// Our target is called for more than the exact types we want.
    case broadExecution(EventCondition)

    var advice: Advice {
        switch self {
        case .shadowed(let targets, let broader, let types):
            Advice(
                "Targets \(targets.joined(separator: ", ")) of the execution on \(broader.name) are not called for "
                    + "\(types.joined(separator: ", "))",
                fix: "If they should be, add them to the executions on these types: Zitadel fires only the most exact.")
        case .unknownTypes(let types):
            Advice(
                "This Zitadel does not know the event types \(types.joined(separator: ", "))",
                fix: "Nothing to do: they cannot occur before an upgrade, after which they are added.")
        case .moreThanOneTarget(let name, let ids):
            Advice(
                "Zitadel has several targets named \(name): \(ids.joined(separator: ", "))",
                fix: "Only the first is used. Delete the others.")
        case .broadExecution(let condition):
            Advice(
                "Our target is also called for \(condition.name), which is much that is not published",
                fix: "Remove it from that execution; the bridge uses exact types only.")
        }
    }
}
