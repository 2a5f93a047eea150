import ArgumentParser
import KafkaClient
import ServiceLifecycle
import ServiceRuntime

/// `rebuild`: the state a second time, from the topic.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Build the state again beside the live one, compare them, replace it on request.",
        discussion: """
            Reads KAFKA_TOPIC from its oldest record to where the group has committed, without being a member of it,
            into a new state beside that of STATE_URL: the file PATH.rebuild, on PostgreSQL the schema NAME_rebuild.
            Then compares the two, row by row, and prints how many rows each has, the hash of each export, and the first
            rows that differ: ids and names of members, no values.

              rebuild              builds and compares; the live state stays as it is. Consumers may run
              rebuild --swap       reads what is new, compares, and puts the new state in the place of the live one.
                                   Stop every consumer of the group first, and start them afterwards
              rebuild --discard    removes the state that was replaced, and a new one that was not finished

            Stopped or failed, the same line goes on where it was; after an upgrade of this program begin again with
            --restart. States that differ are not swapped without --accept-differences. Where records have been deleted
            from the topic, the new state lacks what they said: it is not swapped without --accept-missing-records.

            On a terminal it draws its progress, else it logs a line every 5 s. Needs room for a second state.

            exit code: 0 done, and the states are the same or the difference is accepted; 1 not done, or they differ;
            2 wrong usage or settings
            """)

    @Flag(help: "Replace the live state when the new one is the same, or when its differences are accepted.")
    var swap = false
    @Flag(help: "With --swap: replace it although the states differ. Without: differences are no failure.")
    var acceptDifferences = false
    @Flag(help: "With --swap: replace it although the topic has lost records.")
    var acceptMissingRecords = false
    @Flag(help: "Begin again instead of going on with a rebuild that was not finished.")
    var restart = false
    @Flag(help: "Remove the state that was replaced, and a rebuild that was not finished.")
    var discard = false
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func validate() throws {
        if discard, swap || restart || acceptDifferences || acceptMissingRecords {
            throw ValidationError("--discard goes with no other flag but --json.")
        }
        if acceptMissingRecords, !swap { throw ValidationError("--accept-missing-records goes with --swap.") }
    }

    func run() async throws {
        let settings = try settings.load(for: .consumer)
        let configuration = try ConsumerConfiguration(settings)
        do {
            if discard { return try discard(configuration) }
            try await rebuild(configuration, settings)
        } catch let error as KafkaConfigurationError {
            throw settings.kafkaProblem(property: error.property, "\(error)")
        } catch StateError.notPermitted(_, let reason) {
            throw RebuildError.notPermitted(reason: reason)
        }
    }

    private func rebuild(_ configuration: ConsumerConfiguration, _ settings: Settings) async throws {
        let logger = LogOutput(settings).logger("zitadel-consumer")
        let console = ProgressConsole(isTerminal: LogOutput.standardErrorIsTerminal) { writeToStandardError($0) }
        let rebuild = try Rebuild(
            configuration,
            Rebuild.Options(
                begins: restart, swaps: swap, acceptsDifferences: acceptDifferences,
                acceptsMissingRecords: acceptMissingRecords),
            console: console, logger: logger)
        let (report, failure) = try await runJob(with: [], logger: logger) {
            try await cancelWhenGracefulShutdown { try await rebuild.run() }
        }
        writeToStandardOutput(json ? report.json : report.text)
        if let failure { throw failure }
    }

    private func discard(_ configuration: ConsumerConfiguration) throws {
        let place = configuration.state.rebuild()
        try place.lock()
        let bytes = try place.discard()
        if json { return writeToStandardOutput("{\"freedBytes\":\(bytes)}\n") }
        let words = bytes == 0 ? "There was nothing to discard." : "Discarded: \(bytes >> 10) KiB are free."
        writeToStandardOutput(words + "\n")
    }
}
