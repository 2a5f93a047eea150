import ArgumentParser
import ServiceLifecycle
import ServiceRuntime

/// `poll --once`: one poll from the stored cursor.
struct PollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "poll", abstract: "Read what Zitadel stored since the last poll, publish it, and end.",
        discussion: """
            Finds the events whose webhook was lost. Begins at the cursor in KAFKA_CURSOR_TOPIC, less
            BRIDGE_POLL_OVERLAP, or at the beginning of history when there is none, and writes how far it came.

            Safe while bridges run: it does not stand for election, publishes nothing that the topic's tail holds, and
            moves the cursor forward only. For continuous polling use `run`, which polls at its start, after each
            outage and every BRIDGE_POLL_INTERVAL; use this from a scheduler instead of `run`, or to look.

              zitadel-bridge poll --once --json

            Needs ZITADEL_GRPC_HOST and ZITADEL_PAT; the role IAM_OWNER_VIEWER is enough. A held event stays for the
            next poll: it is a grant whose user nobody knows yet, or a record that Kafka refuses.

            exit code: 0 everything was read; 1 failed or stopped, the next one goes on from there; 2 wrong usage or
            settings
            """)

    @Flag(help: "Poll once and end. Required: it says what this command does.")
    var once = false
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        guard once else {
            throw ValidationError("`poll` needs --once. To poll continually, use `run`, which does so by itself.")
        }
        let settings = try settings.load(for: .bridge)
        let logger = LogOutput(settings).logger("zitadel-bridge")
        let report = try await withOneShotBridge(settings, logger: logger) { try await $0.poll() }
        writeToStandardOutput(json ? PollSummary(report).json : PollSummary(report).text)
        if let failure = report.failure { throw JobFailed(advice: Advice(failure)) }
    }
}

/// The job did a part; what it did is kept.
struct JobFailed: Error, CustomStringConvertible {
    let advice: Advice

    var description: String { advice.description }
}

extension OneShotBridge {
    func poll() async throws -> PollReport {
        let stored = try storedCursors(of: keys.cursor)
        let cursor = try await stored.cursor(keys.cursor)
        let store = ForwardCursorStore(topic: topic, key: keys.cursor, stored: stored)
        return try await resumable(store) { [poller] in
            await poller.poll(.poll, from: cursor ?? PollCursor(), store: store)
        }
    }

    /// Runs until the end or a graceful shutdown. After one it saves how far it came, which a poll leaves to whoever
    /// cancelled it.
    func resumable(
        _ store: any CursorStore, _ body: @escaping @Sendable () async -> PollReport
    ) async throws -> PollReport {
        let report = await cancelWhenGracefulShutdown(body)
        if report.failure == .cancelled { try await store.save(report.cursor) }
        return report
    }
}
