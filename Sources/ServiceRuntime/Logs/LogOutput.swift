import Glibc
package import Logging

/// Where log lines go and how they look: JSON or text, to standard error, one write a line.
///
/// Standard output belongs to the data of commands.
package struct LogOutput: Sendable {
    package enum Format: String, Sendable {
        case json
        case text
    }

    package let format: Format
    package let level: Logger.Level
    private let clock: WallClock
    private let write: @Sendable (String) -> Void

    /// - Parameter write: takes one line with its line end.
    package init(
        format: Format, level: Logger.Level, clock: WallClock = .system,
        write: @escaping @Sendable (String) -> Void = { writeAll($0, to: STDERR_FILENO) }
    ) {
        self.format = format
        self.level = level
        self.clock = clock
        self.write = write
    }

    /// As `LOG_LEVEL` and `LOG_FORMAT` say.
    package init(_ settings: Settings) {
        self.init(
            format: Format(rawValue: settings.string(.logFormat)) ?? .json,
            level: Logger.Level(rawValue: settings.string(.logLevel)) ?? .info)
    }

    /// - Parameter label: the member `logger` of each line, such as `bridge.webhook`.
    package func logger(_ label: String) -> Logger {
        Logger(label: label) { handler($0) }
    }

    /// Makes libraries that create their own loggers write here too. Once in a process.
    package func bootstrap() {
        LoggingSystem.bootstrap { handler($0) }
    }

    package static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    private func handler(_ label: String) -> LineLogHandler {
        LineLogHandler(label: label, logLevel: level, format: format, clock: clock, write: write)
    }
}
