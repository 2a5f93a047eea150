import ArgumentParser
import KafkaClient
import Logging
import ServiceRuntime

/// `dlq`: looks at dead letters and brings them back.
struct DlqCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq", abstract: "List, show and redrive the records that were set aside.",
        subcommands: [ListCommand.self, ShowCommand.self, DlqRedriveCommand.self])

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Print the dead letters that are not redriven yet, a line each.",
            discussion: """
                LETTER is its place in KAFKA_DLQ_TOPIC, PARTITION:OFFSET, as the other commands take it; ORIGIN where it
                lay in the topic of the events. The newest are last.
                """)

        @Option(help: "Letters printed at most, the newest.")
        var limit = 100
        @Flag(help: "Those that were redriven, too.")
        var all = false
        @OptionGroup var settings: SettingsArguments

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is at least 1.") }
        }

        func run() async throws {
            let access = try await DeadLetterAccess(settings)
            let letters = access.log.letters.filter { all || !$0.isDone }
            writeToStandardOutput(letters.isEmpty ? "No dead letters.\n" : letters.suffix(limit).table)
            if letters.count > limit { writeToStandardOutput("\(letters.count - limit) older ones: see --limit.\n") }
        }
    }

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Print one dead letter: where it came from, why it is here, its headers.",
            discussion: "exit code: 0 it was printed; 1 there is no such letter; 2 wrong usage or settings")

        @Argument(help: "The letter, PARTITION:OFFSET, or OFFSET in partition 0.")
        var letter: DeadLetterPlace
        @Flag(help: "Its value, too. It can hold anything, personal data and secrets too.")
        var value = false
        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            let access = try await DeadLetterAccess(settings)
            guard let found = access.log[letter.place] else { throw DeadLetterError.noSuchLetter(letter.place) }
            writeToStandardOutput(found.details(withValue: value))
        }
    }
}

/// A letter as an argument names it.
struct DeadLetterPlace: ExpressibleByArgument {
    let place: PartitionOffset

    init?(argument: String) {
        guard let place = PartitionOffset(argument.contains(":") ? argument : "0:\(argument)") else { return nil }
        self.place = place
    }
}

/// What every command on dead letters begins with.
struct DeadLetterAccess {
    let configuration: ConsumerConfiguration
    let log: DeadLetterLog
    let logger: Logger

    init(_ arguments: SettingsArguments) async throws {
        let settings = try arguments.load(for: .consumer)
        configuration = try ConsumerConfiguration(settings)
        logger = LogOutput(settings).logger("zitadel-consumer")
        do {
            log = try await DeadLetterLog.read(configuration, logger)
        } catch let error as KafkaConfigurationError {
            throw settings.kafkaProblem(property: error.property, "\(error)")
        }
    }
}
