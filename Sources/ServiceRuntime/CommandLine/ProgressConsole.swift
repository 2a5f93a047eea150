import Synchronization

/// Shows how far a long command is: one line that is drawn again on a terminal, else a log line every five seconds.
package final class ProgressConsole: Sendable {
    package static let logInterval: Int64 = 5_000_000
    package static let drawInterval: Int64 = 100_000
    private static let barWidth = 20

    private let isTerminal: Bool
    private let clock: WallClock
    private let write: @Sendable (String) -> Void
    private let lastShown = Mutex<Int64>(.min)

    /// - Parameter write: takes text for the terminal.
    package init(isTerminal: Bool, clock: WallClock = .system, write: @escaping @Sendable (String) -> Void) {
        self.isTerminal = isTerminal
        self.clock = clock
        self.write = write
    }

    /// Does nothing when it showed something a moment ago.
    ///
    /// - Parameters:
    ///   - line: for a terminal, at most 80 columns.
    ///   - log: logs the same.
    package func show(line: () -> String, log: () -> Void) {
        let now = clock.microseconds()
        let isDue = lastShown.withLock { last in
            guard last == .min || now - last >= (isTerminal ? Self.drawInterval : Self.logInterval) else {
                return false
            }
            last = now
            return true
        }
        guard isDue else { return }
        guard isTerminal else { return log() }
        write("\r\u{1B}[K" + line())
    }

    /// Ends the drawn line, so that what follows begins on one of its own.
    package func finish() {
        let hasDrawn = lastShown.withLock { last in
            defer { last = .min }
            return last != .min
        }
        if isTerminal, hasDrawn { write("\n") }
    }

    /// `[#####...............] 25 %`.
    ///
    /// - Parameter fraction: from 0 to 1.
    package static func bar(_ fraction: Double) -> String {
        let filled = Int(fraction * Double(barWidth))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: barWidth - filled)
        return "[\(bar)] \(Int(fraction * 100)) %"
    }

    /// Such as `12s`, `3m05s` or `2h10m`.
    package static func duration(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m\(padded(seconds % 60))s"
        default: "\(seconds / 3600)h\(padded(seconds / 60 % 60))m"
        }
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
