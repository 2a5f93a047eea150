import EventContract
import Logging
import ServiceRuntime

/// Shows a backfill's progress.
final class BackfillConsole: Sendable {
    private let console: ProgressConsole
    private let logger: Logger

    /// - Parameter write: takes text for the terminal.
    init(isTerminal: Bool, clock: WallClock = .system, logger: Logger, write: @escaping @Sendable (String) -> Void) {
        console = ProgressConsole(isTerminal: isTerminal, clock: clock, write: write)
        self.logger = logger
    }

    func show(_ progress: BackfillProgress) {
        console.show(line: { Self.line(progress) }, log: { log(progress) })
    }

    func finish() { console.finish() }

    /// `[#####...............] 25 %  12000 events  1900/s  1m05s left  2026-01-02`, at most 80 columns.
    static func line(_ progress: BackfillProgress) -> String {
        var line = "\(ProgressConsole.bar(progress.fraction))  \(progress.eventsRead) events  \(progress.rate)/s"
        if let seconds = progress.secondsLeft { line += "  \(ProgressConsole.duration(seconds)) left" }
        if let position = progress.position { line += "  \(position.description.prefix(10))" }
        return line
    }

    private func log(_ progress: BackfillProgress) {
        logger.info(
            "Backfill goes on",
            metadata: [
                LogKey.count: "\(progress.eventsRead)", PollLogKey.published: "\(progress.published)",
                PollLogKey.rate: "\(progress.rate)", PollLogKey.percent: "\(Int(progress.fraction * 100))",
                PollLogKey.secondsLeft: "\(progress.secondsLeft.map(String.init) ?? "unknown")",
                PollLogKey.time: "\(progress.position.map(\.description) ?? "")",
            ])
    }
}
