package import Logging

/// Turns a log event into one line. It holds no lock: a line is one write.
package struct LineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let format: LogOutput.Format
    private let clock: WallClock
    private let write: @Sendable (String) -> Void

    /// A longer value is cut, so that one line stays one line of reasonable size.
    private static let valueSizeMax = 4096
    private static let reserved: Set<String> = ["time", "level", "logger", "message"]

    init(
        label: String, logLevel: Logger.Level, format: LogOutput.Format, clock: WallClock,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.logLevel = logLevel
        self.format = format
        self.clock = clock
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let members = members(of: event)
        let time = WallClock.rfc3339(clock.microseconds())
        switch format {
        case .json: write(json(event, time: time, members))
        case .text: write(text(event, time: time, members))
        }
    }

    /// The metadata of the line, sorted by key.
    private func members(of event: LogEvent) -> [(key: String, value: Logger.MetadataValue)] {
        var merged = metadataProvider?.get() ?? [:]
        merged.merge(metadata) { $1 }
        if let own = event.metadata { merged.merge(own) { $1 } }
        if let error = event.error, merged[LogKey.error] == nil { merged[LogKey.error] = "\(error)" }
        return merged.sorted { $0.key < $1.key }
    }

    private func json(_ event: LogEvent, time: String, _ members: [(key: String, value: Logger.MetadataValue)])
        -> String
    {
        var line = JSONOutput()
        line.openObject()
        line.member("time", time)
        line.member("level", event.level.rawValue)
        line.member("logger", label)
        line.member("message", Self.cut(event.message.description))
        for (key, value) in members {
            line.name(Self.reserved.contains(key) ? "metadata.\(key)" : key)
            Self.append(value, to: &line)
        }
        line.closeObject()
        return line.text + "\n"
    }

    private static func append(_ value: Logger.MetadataValue, to line: inout JSONOutput) {
        switch value {
        case .string(let string): line.string(cut(string))
        case .stringConvertible(let integer as any BinaryInteger): line.number(integer)
        case .stringConvertible(let bool as Bool): line.bool(bool)
        case .stringConvertible(let number as Double) where number.isFinite: line.raw("\(number)")
        case .stringConvertible(let other): line.string(cut(other.description))
        case .array(let values):
            line.openArray()
            for value in values { append(value, to: &line) }
            line.closeArray()
        case .dictionary(let values):
            line.openObject()
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                line.name(key)
                append(value, to: &line)
            }
            line.closeObject()
        }
    }

    /// Values that could be taken for something else, or for a new line, are written as JSON strings.
    private func text(_ event: LogEvent, time: String, _ members: [(key: String, value: Logger.MetadataValue)])
        -> String
    {
        let level = event.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 8 - level.count))
        var line = "\(time) \(level)\(padding) \(label): \(Self.plain(event.message.description, allowsBlanks: true))"
        for (key, value) in members { line += " \(key)=\(Self.plain("\(value)", allowsBlanks: false))" }
        return line + "\n"
    }

    private static func plain(_ value: String, allowsBlanks: Bool) -> String {
        let value = cut(value)
        let isPlain = value.utf8.allSatisfy {
            $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") || allowsBlanks && $0 == 0x20
        }
        guard !isPlain || value.isEmpty else { return value }
        var quoted = JSONOutput()
        quoted.string(value)
        return quoted.text
    }

    private static func cut(_ value: String) -> String {
        guard value.utf8.count > valueSizeMax else { return value }
        return String(decoding: value.utf8.prefix(valueSizeMax), as: UTF8.self) + "…"
    }
}
