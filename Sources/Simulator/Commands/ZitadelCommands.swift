import ArgumentParser

struct BulkUsersCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "bulk-users", abstract: "Create many users, each with three events.")

    @OptionGroup var target: ServerOption
    @Argument(help: "How many.") var count: Int
    @Flag(help: "Store them without webhooks.") var withoutWebhooks = false
    @Flag(help: "All events in one transaction: they share one creation date.") var oneTransaction = false
    @Option(help: "Creation date of the first user, in microseconds since 1970 (default: now).") var createdAt: Int64?
    @Option(help: "Microseconds between two users, with --created-at.") var spacing: Int64?

    private static let timeoutMilliseconds = 600_000

    func request() throws -> ControlRequest {
        var request = try ControlRequest(
            "POST", "/bulk/users",
            body: BulkUsers(
                count: count, oneTransaction: oneTransaction, webhooks: !withoutWebhooks, createdAt: createdAt,
                spacingMicroseconds: spacing))
        request.timeoutMilliseconds = Self.timeoutMilliseconds
        return request
    }
}

struct TargetsCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "targets", abstract: "List the targets as stored.")
    @OptionGroup var target: ServerOption
    func request() throws -> ControlRequest { ControlRequest("GET", "/targets") }
}

struct ExecutionsCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "executions", abstract: "List the executions as stored.")
    @OptionGroup var target: ServerOption
    func request() throws -> ControlRequest { ControlRequest("GET", "/executions") }
}

struct CallsCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls", abstract: "Count the calls of the Zitadel API by method and path.")
    @OptionGroup var target: ServerOption
    @Flag(help: "Start again at zero.") var reset = false
    func request() throws -> ControlRequest { ControlRequest(reset ? "DELETE" : "GET", "/calls") }
}
