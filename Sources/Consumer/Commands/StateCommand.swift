import ArgumentParser
import EventContract
import Glibc
import Logging
import ServiceRuntime

/// `state`: looks at the state while a consumer writes it, or while none runs.
struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Show, export, explain, publish or migrate the state.",
        subcommands: [
            ShowCommand.self, ExportCommand.self, HashCommand.self, ExplainCommand.self, MigrateCommand.self,
            PublishCommand.self,
        ])

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Print one user as its line of the export; exit code 1 when there is none.")

        @Argument(help: "The user's id in Zitadel.")
        var userID: String
        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            guard let line = try openExport(settings).line(of: UTF8Text(userID)) else {
                throw NoSuchUser(userID: userID)
            }
            print(String(decoding: line, as: UTF8.self))
        }
    }

    struct ExportCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Print every user, one JSON object a line, sorted by id.")

        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            try openExport(settings).write(to: STDOUT_FILENO)
        }
    }

    struct HashCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hash", abstract: "Print the SHA-256 of exactly what export prints.")

        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            print(try openExport(settings).hash())
        }
    }
}

/// The user is not in the state: never created, removed, or its creation has not arrived.
struct NoSuchUser: Error, CustomStringConvertible {
    let userID: String

    var description: String { "user \(userID) is not in the state" }
}

private func openExport(_ arguments: SettingsArguments) throws -> StateExport {
    let settings = try arguments.load(for: .consumer)
    let configuration = try ConsumerConfiguration(settings)
    let logger = LogOutput(settings).logger("zitadel-consumer")
    return StateExport(
        try configuration.state.reader(), groupsKey: configuration.groupsMetadataKey
    ) { warning in
        logger.warning(
            "Metadata holds no groups", metadata: [LogKey.user: "\(warning.userID)", LogKey.key: "\(warning.key)"])
    }
}
