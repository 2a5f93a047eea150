import ArgumentParser
import ServiceRuntime

/// `state migrate`: brings the schema up to date, as the owner of the tables where consumers may not.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the schema of the state up to date; `run` does it by itself where it has the rights.")

    @Flag(name: .customLong("print-sql"), help: "Print the statements instead of running them; connects to nothing.")
    var printsSQL = false
    @Option(name: .customLong("from-version"), help: "With --print-sql: the schema version that is there, 0 for none.")
    var version: Int64 = 0
    @OptionGroup var settings: SettingsArguments

    func validate() throws {
        guard (0...StateSchema.newest).contains(version) else {
            throw ValidationError("--from-version is 0 to \(StateSchema.newest)")
        }
    }

    func run() async throws {
        let configuration = try ConsumerConfiguration(try settings.load(for: .consumer))
        let (state, stream) = (configuration.state, configuration.stateTopic != nil)
        if printsSQL { return print(state.schemaSQL(from: version, stream: stream), terminator: "") }
        try state.store(stream: stream).prepare()
        print("The schema is at version \(StateSchema.newest).")
    }
}
