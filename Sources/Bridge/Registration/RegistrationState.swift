import ServiceRuntime
import ZitadelClient

/// How far registration is, for `/status`, a metric and the log.
enum RegistrationState: Equatable, Sendable {
    /// By configuration.
    case disabled(reason: String)
    /// Not done yet, or the last comparison failed; it is tried again.
    case trying(attempts: Int, problem: Advice?)
    case registered(Registered)
    /// What is asked for cannot be right: nothing is registered until it is mended.
    case failed(Advice)

    struct Registered: Equatable, Sendable {
        let targetID: String
        let flavour: ActionsFlavour
        /// Microseconds since 1970 of the first comparison that succeeded.
        let since: Int64
        /// Event types that call our target.
        let conditions: Int
        let warnings: [Advice]
    }

    /// The state's name, with bounded values.
    enum Phase: String, MetricLabel {
        case disabled, trying, registered, failed
    }

    static let withoutEndpoint = RegistrationState.disabled(reason: "ZITADEL_WEBHOOK_ENDPOINT is not set")
    static let withoutToken = RegistrationState.disabled(reason: "ZITADEL_PAT is not set")

    var phase: Phase {
        switch self {
        case .disabled: .disabled
        case .trying: .trying
        case .registered: .registered
        case .failed: .failed
        }
    }

    /// Writes an object such as `{"state":"trying","attempts":2,"problem":"…","fix":"…"}`.
    func write(to output: inout JSONOutput) {
        output.openObject()
        output.member("state", phase.rawValue)
        switch self {
        case .disabled(let reason): output.member("reason", reason)
        case .trying(let attempts, let problem):
            output.member("attempts", attempts)
            if let problem { problem.writeMembers(to: &output) }
        case .registered(let registered): registered.writeMembers(to: &output)
        case .failed(let advice): advice.writeMembers(to: &output)
        }
        output.closeObject()
    }
}

extension RegistrationState.Registered {
    fileprivate func writeMembers(to output: inout JSONOutput) {
        output.member("target", targetID)
        output.member("flavour", flavour.rawValue)
        output.member("since", WallClock.rfc3339(since))
        output.member("conditions", conditions)
        output.name("warnings")
        warnings.write(to: &output)
    }
}

extension Advice {
    fileprivate func writeMembers(to output: inout JSONOutput) {
        output.member("problem", problem)
        output.member("fix", fix)
    }
}

extension [Advice] {
    /// Writes an array of objects with `problem` and `fix`.
    func write(to output: inout JSONOutput) {
        output.openArray()
        for advice in self {
            output.openObject()
            advice.writeMembers(to: &output)
            output.closeObject()
        }
        output.closeArray()
    }
}
