import ArgumentParser
import EventContract

/// What `backfill` takes on its line besides settings.
struct BackfillOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to begin: a time such as 2026-01-02T03:04:05Z, or \"beginning\".", valueName: "time"),
        transform: { try Since(checking: $0) })
    var since: Since

    @Option(help: "Most events read from Zitadel in a second.")
    var rate = Backfill.rateDefault

    @Flag(help: "Count what would be published, by type, and publish nothing.")
    var dryRun = false

    @Flag(help: "Begin again instead of going on where an earlier backfill of the same --since stopped.")
    var restart = false

    mutating func validate() throws {
        guard (1...1_000_000).contains(rate) else { throw ValidationError("--rate must be from 1 to 1000000.") }
    }
}

/// Where a backfill begins.
struct Since: Equatable {
    /// nil for the beginning of history.
    let time: EventTime?

    /// - Throws: `ValidationError` that says what a time looks like.
    init(checking argument: String) throws {
        guard let since = Since(argument: argument) else {
            throw ValidationError("It is neither \"beginning\" nor a time such as 2026-01-02T03:04:05Z or 2026-01-02.")
        }
        self = since
    }

    init?(argument: String) {
        if argument == "beginning" {
            time = nil
        } else if let time = EventTime(argument) ?? EventTime(argument + "T00:00:00Z") {
            self.time = time
        } else {
            return nil
        }
    }
}
