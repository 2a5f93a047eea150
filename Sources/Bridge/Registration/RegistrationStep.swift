/// A call of Zitadel's API that registration makes.
enum RegistrationStep: Sendable {
    case readInstance
    case findActions
    case readEventTypes
    case readTargets
    case readExecutions
    case createTarget
    case repairTarget
    case rotateKey
    case setExecution
    case deleteTarget

    /// What could not be done, behind "Zitadel refused to".
    var action: String {
        switch self {
        case .readInstance: "tell its instance"
        case .findActions: "answer for Actions v2"
        case .readEventTypes: "list event types"
        case .readTargets: "list targets"
        case .readExecutions: "list executions"
        case .createTarget: "create the target"
        case .repairTarget: "change the target"
        case .rotateKey: "replace the signing key"
        case .setExecution: "set an execution"
        case .deleteTarget: "delete the target"
        }
    }

    /// Zitadel's name of the right it takes.
    var permission: String {
        switch self {
        case .readInstance: "iam.read"
        case .readEventTypes: "events.read"
        case .findActions, .readTargets: "action.target.read"
        case .readExecutions: "action.execution.read"
        case .createTarget, .repairTarget, .rotateKey: "action.target.write"
        case .setExecution: "action.execution.write"
        case .deleteTarget: "action.target.delete"
        }
    }

    var setsEndpoint: Bool {
        switch self {
        case .createTarget, .repairTarget: true
        default: false
        }
    }
}
