import ArgumentParser
import Foundation

struct CreateOrganizationCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "create-org", abstract: "Create an organization.")
    @OptionGroup var target: ServerOption
    @Argument var name: String

    func request() throws -> ControlRequest {
        try ControlRequest("POST", "/orgs", body: ControlBody.Named(name: name))
    }
}

struct CreateProjectCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "create-project", abstract: "Create a project.")
    @OptionGroup var target: ServerOption
    @Argument var name: String
    @Option(help: "Id or name of the organization (default: the first).") var org: String?

    func request() throws -> ControlRequest {
        try ControlRequest("POST", "/projects", body: ControlBody.Named(name: name, org: org))
    }
}

struct AddRoleCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "add-role", abstract: "Add a role to a project.")
    @OptionGroup var target: ServerOption
    @Argument(help: "Id or name.") var project: String
    @Argument(help: "Key of the role.") var key: String
    @Option var displayName: String?
    @Option var group: String?

    func request() throws -> ControlRequest {
        try ControlRequest(
            "POST", "/projects/\(ControlRequest.escaped(project))/roles",
            body: NewRole(key: key, displayName: displayName, group: group))
    }
}

struct GrantRoleCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant-role", abstract: "Grant roles of a project to a user.")
    @OptionGroup var target: ServerOption
    @Argument(help: "Id or login name.") var user: String
    @Argument(help: "Id or name.") var project: String
    @Argument(help: "Keys of the roles.") var roles: [String]

    func request() throws -> ControlRequest {
        try ControlRequest("POST", "/grants", body: NewGrant(user: user, project: project, roles: roles))
    }
}

struct ChangeRolesCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "change-roles", abstract: "Set all roles of a grant.")
    @OptionGroup var target: ServerOption
    @Argument(help: "Id of the grant.") var grant: String
    @Argument(help: "Keys of the roles.") var roles: [String]

    func request() throws -> ControlRequest {
        try ControlRequest(
            "PUT", "/grants/\(ControlRequest.escaped(grant))/roles", body: ControlBody.Roles(roles: roles))
    }
}

struct RevokeGrantCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "revoke-grant", abstract: "Remove a grant.")
    @OptionGroup var target: ServerOption
    @Argument(help: "Id of the grant.") var grant: String

    func request() throws -> ControlRequest {
        ControlRequest("DELETE", "/grants/\(ControlRequest.escaped(grant))")
    }
}

struct DemoCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Play the demo company: about forty events.")
    @OptionGroup var target: ServerOption
    func request() throws -> ControlRequest { ControlRequest("POST", "/demo") }
}

struct UsersCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "List the users with their groups and grants.")
    @OptionGroup var target: ServerOption
    func request() throws -> ControlRequest { ControlRequest("GET", "/users") }
}

struct StatisticsCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Count events and deliveries; pending is 0 when all are done.")
    @OptionGroup var target: ServerOption
    func request() throws -> ControlRequest { ControlRequest("GET", "/stats") }
}

struct EventCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "event", abstract: "Push any event as it is.")
    @OptionGroup var target: ServerOption
    @Argument(help: "Zitadel's type, such as user.locked.") var type: String
    @Argument(help: "Type of the aggregate, such as user or usergrant.") var aggregateType: String
    @Argument(help: "Id of the aggregate.") var aggregateID: String
    @Option(help: "Id of the organization that owns the aggregate.") var resourceOwner: String?
    @Option(help: "A JSON object.") var payload: String?

    func request() throws -> ControlRequest {
        let query = [
            ("type", type), ("aggregateType", aggregateType), ("aggregateId", aggregateID),
            ("resourceOwner", resourceOwner ?? ""),
        ]
        let text = query.map { "\($0)=\(ControlRequest.escaped($1))" }.joined(separator: "&")
        var request = ControlRequest("POST", "/events?" + text)
        request.body = Array((payload ?? "").utf8)
        return request
    }
}
