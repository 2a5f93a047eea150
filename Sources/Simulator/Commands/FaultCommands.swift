import ArgumentParser

struct FaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault", abstract: "Make the simulator fail in Zitadel's ways.",
        subcommands: [
            SetFaultCommand.self, ShowFaultsCommand.self, ClearFaultsCommand.self, CommitCommand.self,
            RotateKeyCommand.self,
        ])
}

struct SetFaultCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set faults; what is not named stays as it is.")

    @OptionGroup var target: ServerOption
    @Option(help: "Probability that a webhook call never happens.") var drop: Double?
    @Option(help: "Probability that a webhook call happens twice.") var duplicate: Double?
    @Option(help: "Delay each webhook call by a random time up to this, in ms.") var reorder: Int?
    @Option(help: "Delay each webhook call, in ms.") var delay: Int?
    @Option(help: "Commit the next command's events this late, in ms; they keep their earlier creation date.")
    var lateCommit: Int?
    @Option(help: "Store the next command's events without webhooks, as this editor (SETUP or NOTIFICATION).")
    var noWebhook: String?
    @Option(help: "For how many commands --late-commit and --no-webhook hold.") var commands = 1
    @OptionGroup var api: APIFaultOptions
    @Flag(inversion: .prefixedNo, help: "Webhooks have {} as payload.") var emptyPayloads: Bool?
    @Flag(inversion: .prefixedNo, help: "Targets are refused as denied.") var denyTargets: Bool?
    @Flag(inversion: .prefixedNo, help: "Lists of targets and executions answer 500.") var failLists: Bool?
    @Option(help: "Largest answer of the events search, in bytes; a larger one is refused.") var messageSize: Int?
    @Option(help: "Seconds that the clock is ahead: creation dates, signatures, Date of answers.") var clockSkew: Int?

    func request() throws -> ControlRequest {
        try ControlRequest(
            "PUT", "/faults",
            body: FaultChange(
                drop: drop, duplicate: duplicate, reorderMilliseconds: reorder, delayMilliseconds: delay,
                lateCommit: lateCommit.map { .init(commands: commands, milliseconds: $0) },
                noWebhook: noWebhook.map { .init(commands: commands, editor: $0) }, api: api.fault,
                emptyPayloads: emptyPayloads, denyTargets: denyTargets, failLists: failLists,
                messageSizeMax: messageSize, clockSkewSeconds: clockSkew))
    }
}

/// An API that is slow or answers errors.
struct APIFaultOptions: ParsableArguments {
    @Option(help: "Answer API calls with this status, such as 503 or 429.") var status: Int?
    @Option(help: "Answer API calls this late, in ms.") var latency: Int?
    @Option(help: "Retry-After of these answers, in seconds.") var retryAfter: Int?
    @Option(help: "Only for paths that begin with this.") var path: String?
    @Option(help: "Over after this many calls (default: never).") var calls: Int?
    @Option(help: "Over after this time in ms (default: never).") var during: Int?

    var fault: Faults.APIFault? {
        guard status != nil || latency != nil else { return nil }
        return .init(
            status: status, latencyMilliseconds: latency, retryAfter: retryAfter, path: path, calls: calls,
            milliseconds: during)
    }
}

struct ShowFaultsCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show the faults in force.")
    @OptionGroup var target: ServerOption
    func request() throws -> ControlRequest { ControlRequest("GET", "/faults") }
}

struct ClearFaultsCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "clear", abstract: "End all faults.")
    @OptionGroup var target: ServerOption
    func request() throws -> ControlRequest { ControlRequest("DELETE", "/faults") }
}

struct CommitCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Commit the events that --late-commit holds, now.")
    @OptionGroup var target: ServerOption
    func request() throws -> ControlRequest { ControlRequest("POST", "/faults/commit") }
}

struct RotateKeyCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key", abstract: "Give a target a new signing key.")
    @OptionGroup var target: ServerOption
    @Argument(help: "Id or name of the target.") var reference: String

    func request() throws -> ControlRequest {
        ControlRequest("POST", "/targets/\(ControlRequest.escaped(reference))/rotate")
    }
}
