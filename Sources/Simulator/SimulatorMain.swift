import ArgumentParser
import ServiceRuntime

@main
enum SimulatorMain {
    static func main() async {
        await CommandRunner.main(SimulatorCommand.self, name: "zitadel-simulator")
    }
}

/// An in-memory Zitadel for demos and tests: `serve` runs it, the other commands drive one that runs.
struct SimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zitadel-simulator",
        abstract: "An in-memory Zitadel for demos and tests. Without --store it forgets everything.",
        version: CommandRunner.version,
        subcommands: [
            ServeCommand.self, DemoCommand.self, CreateUserCommand.self, ChangeProfileCommand.self,
            SetGroupsCommand.self, LockCommand.self, UnlockCommand.self, DeactivateCommand.self,
            ReactivateCommand.self, RemoveUserCommand.self, CreateOrganizationCommand.self,
            CreateProjectCommand.self, AddRoleCommand.self, GrantRoleCommand.self, ChangeRolesCommand.self,
            RevokeGrantCommand.self, EventCommand.self, BulkUsersCommand.self, UsersCommand.self,
            StatisticsCommand.self, TargetsCommand.self, ExecutionsCommand.self, CallsCommand.self,
            FaultCommand.self,
        ])
}
