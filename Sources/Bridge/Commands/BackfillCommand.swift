import ArgumentParser
import EventContract
import Logging
import ServiceLifecycle
import ServiceRuntime
import ZitadelClient

/// `backfill --since`: Zitadel's history through the same pipeline.
struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Publish Zitadel's stored events from a time on.",
        discussion: """
            A bridge without a cursor reads the whole history by itself; use this to fill a new topic faster or at
            leisure, or to publish again what the topic lost. The same event gives the same record as before, so
            subscribers that know it change nothing.

              zitadel-bridge backfill --since beginning --dry-run
              zitadel-bridge backfill --since 2026-01-02T03:04:05Z --rate 500

            Safe while bridges run: it reads by a cursor of its own, one for each --since, in KAFKA_CURSOR_TOPIC.
            Stopped or failed, it goes on from there when it is started again with the same --since; once complete, the
            same line reads what is new since. --restart begins again. A dry run reads everything from --since on,
            needs no Kafka and writes nothing.

            On a terminal it draws its progress, else it logs a line every 5 s. --rate spares Zitadel, not us.

            Needs ZITADEL_GRPC_HOST and ZITADEL_PAT; the role IAM_OWNER_VIEWER is enough.

            exit code: 0 everything was read; 1 failed or stopped; 2 wrong usage or settings
            """)

    @OptionGroup var options: BackfillOptions
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let settings = try settings.load(for: .bridge)
        let logger = LogOutput(settings).logger("zitadel-bridge")
        let console = BackfillConsole(isTerminal: LogOutput.standardErrorIsTerminal, logger: logger) {
            writeToStandardError($0)
        }
        let job = BackfillJob(
            since: options.since.time, rate: options.rate, isRestart: options.restart, console: console)
        let report: PollReport
        if options.dryRun {
            let counted = try await job.count(settings, logger: logger)
            report = counted.report
            writeToStandardOutput(json ? counted.json : counted.text)
        } else {
            report = try await withOneShotBridge(settings, logger: logger) { try await job.run(on: $0) }
            writeToStandardOutput(json ? PollSummary(report).json : PollSummary(report).text)
        }
        if let failure = report.failure { throw JobFailed(advice: Advice(failure)) }
    }
}

/// One backfill, to be run or to be counted.
struct BackfillJob: Sendable {
    /// nil for the beginning of history.
    let since: EventTime?
    /// Events a second.
    let rate: Int
    let isRestart: Bool
    let console: BackfillConsole

    func run(on bridge: OneShotBridge) async throws -> PollReport {
        let key = bridge.keys.backfill(since: since)
        let earlier = isRestart ? nil : try await bridge.storedCursors(of: key).cursor(key)
        let store = KafkaCursorStore(topic: bridge.topic) { key }
        let backfill = Backfill(poller: bridge.poller, since: since, rate: rate)
        let console = console
        defer { console.finish() }
        return try await bridge.resumable(store) {
            await backfill.run(resuming: earlier, store: store) { console.show($0) }
        }
    }

    /// Reads all of it and publishes nothing.
    func count(_ settings: Settings, logger: Logger) async throws -> BackfillCount {
        try settings.require(.zitadelGRPCHost, .zitadelPAT)
        let api = ZitadelAPI(try ZitadelAPIConfiguration(settings), logger: logger)
        defer { api.close() }
        let counts = DryRun()
        let backfill = Backfill(
            poller: Poller(search: api, publisher: counts, logger: logger), since: since, rate: rate)
        let console = console
        defer { console.finish() }
        let report = try await runJob(with: [], logger: logger) {
            await cancelWhenGracefulShutdown {
                await backfill.run(resuming: nil, store: nil) { console.show($0) }
            }
        }
        return BackfillCount(report: report, types: counts.counts)
    }
}

/// What a dry run found.
struct BackfillCount {
    let report: PollReport
    /// Events by Zitadel's type.
    let types: [String: Int]

    var text: String {
        let sum = types.values.reduce(0, +)
        let width = String(sum).count
        let rows = sorted.map { type, count in
            String(repeating: " ", count: width - String(count).count) + "\(count)  \(type)\n"
        }
        return rows.joined() + "\(sum)  events would be published, as far as their payloads are complete\n"
    }

    var json: String {
        var output = JSONOutput()
        output.openObject()
        output.member("dry_run", true)
        output.member("complete", report.failure == nil)
        output.member("events", types.values.reduce(0, +))
        output.member("malformed", report.malformed)
        output.name("types")
        output.openObject()
        for (type, count) in sorted { output.member(type, count) }
        output.closeObject()
        output.closeObject()
        return output.text + "\n"
    }

    private var sorted: [(key: String, value: Int)] { types.sorted { $0.key < $1.key } }
}
