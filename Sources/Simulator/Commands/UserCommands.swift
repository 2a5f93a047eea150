import ArgumentParser

struct CreateUserCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-user", abstract: "Create a person or, with --machine, a service user.")

    @OptionGroup var target: ServerOption
    @Argument(help: "Login name.") var username: String
    @OptionGroup var profile: ProfileOptions
    @Option var email: String?
    @Option var phone: String?
    @Option(help: "Id or name of the organization (default: the first).") var org: String?
    @Option(name: .customLong("group"), help: "A group of the user; can be repeated.") var groups: [String] = []
    @Flag(help: "A service user.") var machine = false
    @Option(help: "Name of a service user.") var name: String?
    @Option(help: "Description of a service user.") var description: String?
    @Flag(help: "The user still has to confirm the address.") var unverified = false

    func request() throws -> ControlRequest {
        let user = NewUser(
            username: username, firstName: profile.firstName, lastName: profile.lastName, nickName: profile.nickName,
            displayName: profile.displayName, language: profile.language, gender: profile.gender, email: email,
            phone: phone, org: org, groups: groups.isEmpty ? nil : groups, machine: machine ? true : nil, name: name,
            description: description, unverified: unverified ? true : nil)
        return try ControlRequest("POST", "/users", body: user)
    }
}

/// The members of a person's profile.
struct ProfileOptions: ParsableArguments {
    @Option var firstName: String?
    @Option var lastName: String?
    @Option var nickName: String?
    @Option var displayName: String?
    @Option(help: "Preferred language, such as en.") var language: String?
    @Option(help: "unspecified, female, male or diverse.") var gender: String?
}

struct ChangeProfileCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "change-profile", abstract: "Change members of a person's profile.")

    @OptionGroup var target: ServerOption
    @OptionGroup var user: UserArgument
    @OptionGroup var profile: ProfileOptions

    func request() throws -> ControlRequest {
        let change = ProfileChange(
            firstName: profile.firstName, lastName: profile.lastName, nickName: profile.nickName,
            displayName: profile.displayName, language: profile.language, gender: profile.gender)
        return try ControlRequest("PATCH", "\(user.path)/profile", body: change)
    }
}

struct SetGroupsCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-groups", abstract: "Set the groups of a user; none empties them.")

    @OptionGroup var target: ServerOption
    @OptionGroup var user: UserArgument
    @Argument(help: "All groups of the user.") var groups: [String] = []

    func request() throws -> ControlRequest {
        try ControlRequest("PUT", "\(user.path)/groups", body: ControlBody.Groups(groups: groups))
    }
}

/// The user a command is about.
struct UserArgument: ParsableArguments {
    @Argument(help: "Id or login name.") var user: String

    var path: String { "/users/\(ControlRequest.escaped(user))" }

    func request(_ change: StateChange) -> ControlRequest { ControlRequest("POST", "\(path)/\(change.rawValue)") }
}

struct LockCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "lock", abstract: "Lock a user.")
    @OptionGroup var target: ServerOption
    @OptionGroup var user: UserArgument
    func request() throws -> ControlRequest { user.request(.lock) }
}

struct UnlockCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "unlock", abstract: "Unlock a locked user.")
    @OptionGroup var target: ServerOption
    @OptionGroup var user: UserArgument
    func request() throws -> ControlRequest { user.request(.unlock) }
}

struct DeactivateCommand: ControlCommand {
    static let configuration = CommandConfiguration(commandName: "deactivate", abstract: "Deactivate a user.")
    @OptionGroup var target: ServerOption
    @OptionGroup var user: UserArgument
    func request() throws -> ControlRequest { user.request(.deactivate) }
}

struct ReactivateCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "reactivate", abstract: "Reactivate an inactive user.")
    @OptionGroup var target: ServerOption
    @OptionGroup var user: UserArgument
    func request() throws -> ControlRequest { user.request(.reactivate) }
}

struct RemoveUserCommand: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove-user", abstract: "Remove a user and all grants of the user.")
    @OptionGroup var target: ServerOption
    @OptionGroup var user: UserArgument
    func request() throws -> ControlRequest { ControlRequest("DELETE", user.path) }
}
