import ArgumentParser
import KafkaClient
import ServiceRuntime

/// `dlq redrive`: gives dead letters that can be read now back to the consumers.
struct DlqRedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive", abstract: "Publish dead letters to the topic of the events again.",
        usage: "zitadel-consumer dlq redrive [--all | LETTER ...] [--dry-run]",
        discussion: """
            A letter that this version of the consumer reads goes back as it was, with its key, value and headers, and
            is marked as done; the running consumers apply it. One that it does not read stays, and its attempts count.
            Redriving twice is harmless. A letter is PARTITION:OFFSET, or OFFSET in partition 0.

              dlq redrive --all --dry-run
              dlq redrive 0:12 0:15

            exit code: 0 all are done; 1 some cannot be read or were not published; 2 wrong usage or settings
            """)

    @Flag(help: "Every letter that is not redriven yet.")
    var all = false
    @Flag(help: "Say what would be done and change nothing.")
    var dryRun = false
    @OptionGroup var settings: SettingsArguments

    func validate() throws {
        for name in names where DeadLetterPlace(argument: name) == nil {
            throw ValidationError("\(name) is not PARTITION:OFFSET of a dead letter.")
        }
        guard all == names.isEmpty else { throw ValidationError("Name letters, or all of them with --all.") }
    }

    /// The letters on the command line: the parser allows no list beside the settings, which take what is left.
    private var names: [String] { settings.arguments.filter { !$0.hasPrefix("-") } }

    func run() async throws {
        var others = settings
        others.arguments.removeAll { !$0.hasPrefix("-") }
        let access = try await DeadLetterAccess(others)
        let chosen = try chosen(access.log)
        let producer = try KafkaProducer(access.configuration.kafka, logger: access.logger, observer: nil)
        async let _ = KafkaProducerService(producer).run()
        let redrive = DeadLetterRedrive(
            producer: producer, eventTopic: access.configuration.topic,
            deadLetterTopic: access.configuration.deadLetterTopic, clock: .system)
        var unreadable = 0
        for letter in chosen {
            let outcome = dryRun ? redrive.preview(letter) : try await redrive.redrive(letter)
            if case .unreadable = outcome { unreadable += 1 }
            writeToStandardOutput("\(letter.place)  \(words(outcome))\n")
        }
        if chosen.isEmpty { writeToStandardOutput("No dead letters.\n") }
        if unreadable > 0 { throw DeadLetterError.stillUnreadable(count: unreadable) }
    }

    private func chosen(_ log: DeadLetterLog) throws(DeadLetterError) -> [StoredLetter] {
        if all { return log.letters.filter { !$0.isDone } }
        var chosen: [StoredLetter] = []
        for letter in names.compactMap({ DeadLetterPlace(argument: $0) }) {
            guard let found = log[letter.place] else { throw .noSuchLetter(letter.place) }
            chosen.append(found)
        }
        return chosen
    }

    private func words(_ outcome: DeadLetterRedrive.Outcome) -> String {
        switch outcome {
        case .redriven: dryRun ? "would be redriven" : "redriven"
        case .alreadyDone(let time): "was redriven at \(printable(time))"
        case .unreadable(let reason): "stays: \(reason)"
        }
    }
}
