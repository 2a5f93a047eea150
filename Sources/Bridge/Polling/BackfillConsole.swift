import EventContract
import Logging
import ServiceRuntime
import Synchronization

/// Shows a backfill's progress: one line that is drawn again on a terminal, else a log line every five seconds.
final class BackfillConsole: Sendable {
    static let logInterval: Int64 = 5_000_000
    static let drawInterval: Int64 = 100_000

    private let isTerminal: Bool
    private let clock: WallClock
    private let logger: Logger
    private let write: @Sendable (String) -> Void
    private let lastShown = Mutex<Int64>(.min)

    /// - Parameter write: takes text for the terminal.
    init(isTerminal: Bool, clock: WallClock = .system, logger: Logger, write: @escaping @Sendable (String) -> Void) {
        self.isTerminal = isTerminal
        self.clock = clock
        self.logger = logger
        self.write = write
    }

    func show(_ progress: BackfillProgress) {
        let now = clock.microseconds()
        let isDue = lastShown.withLock { last in
            guard last == .min || now - last >= (isTerminal ? Self.drawInterval : Self.logInterval) else {
                return false
            }
            last = now
            return true
        }
        guard isDue else { return }
        guard isTerminal else { return log(progress) }
        write("\r\u{1B}[K" + Self.line(progress))
    }

    /// Ends the drawn line, so that what follows begins on one of its own.
    func finish() {
        if isTerminal, lastShown.withLock({ $0 != .min }) { write("\n") }
    }

    /// `[#####·····]  50 %  12000 events  1900/s  about 1m05s left  2026-01-02`, at most 80 columns.
    static func line(_ progress: BackfillProgress) -> String {
        let width = 20
        let filled = Int(progress.fraction * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        var line = "[\(bar)] \(Int(progress.fraction * 100)) %  \(progress.eventsRead) events  \(progress.rate)/s"
        if let seconds = progress.secondsLeft { line += "  \(duration(seconds)) left" }
        if let position = progress.position { line += "  \(position.description.prefix(10))" }
        return line
    }

    static func duration(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m\(padded(seconds % 60))s"
        default: "\(seconds / 3600)h\(padded(seconds / 60 % 60))m"
        }
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

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
