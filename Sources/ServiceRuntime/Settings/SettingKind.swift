/// What may stand in a setting. Every value of a program is checked against its kind before the program starts.
package enum SettingKind: Sendable, Hashable {
    case text
    /// Values separated by commas; blanks around a value and empty values are dropped.
    case list(canBeEmpty: Bool = false)
    case choice([String])
    /// `true` or `false`.
    case boolean
    case integer(ClosedRange<Int>)
    /// A whole number and one of `ms`, `s`, `m`, `h`.
    case duration(ClosedRange<Duration>)
    /// Bytes: a whole number, alone or with `KiB`, `MiB` or `GiB`.
    case byteSize(ClosedRange<Int>)
    /// `host:port`, an IPv6 host in brackets.
    case address
    case url(schemes: [String], schemeOptional: Bool = false)

    /// The rule the value breaks, in words that follow "is"; `nil` when it is good.
    func fault(in value: String) -> String? {
        switch self {
        case .text: nil
        case .list(let canBeEmpty):
            canBeEmpty || !Self.list(value).isEmpty ? nil : "not a comma list with at least one value"
        case .choice(let choices):
            choices.contains(value) ? nil : "not one of \(choices.joined(separator: ", "))"
        case .boolean: value == "true" || value == "false" ? nil : "neither true nor false"
        case .integer(let range):
            Int(value).map(range.contains) == true
                ? nil : "not a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            Self.duration(value).map(range.contains) == true
                ? nil : "not a duration such as 500ms, 5s, 5m or 24h, from \(range.lowerBound) to \(range.upperBound)"
        case .byteSize(let range):
            Self.byteSize(value).map(range.contains) == true
                ? nil : "not a size such as 4096, 64KiB or 1MiB, from \(range.lowerBound) to \(range.upperBound) bytes"
        case .address: SocketAddress(value) != nil ? nil : "not host:port, such as 0.0.0.0:8094 or [::1]:8094"
        case .url(let schemes, let schemeOptional):
            Self.isURL(value, schemes: schemes, schemeOptional: schemeOptional)
                ? nil : "not a URL that starts with \(schemes.map { $0 + "://" }.joined(separator: " or "))"
        }
    }

    static func list(_ value: String) -> [String] {
        value.split(separator: ",").map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
    }

    static func duration(_ value: String) -> Duration? {
        guard let (count, unit) = countAndUnit(value) else { return nil }
        let milliseconds: Int
        switch unit {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        default: return nil
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: milliseconds)
        return overflow ? nil : .milliseconds(product)
    }

    static func byteSize(_ value: String) -> Int? {
        guard let (count, unit) = countAndUnit(value) else { return nil }
        let shift: Int
        switch unit {
        case "": shift = 0
        case "KiB": shift = 10
        case "MiB": shift = 20
        case "GiB": shift = 30
        default: return nil
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : product
    }

    /// A URL can carry a password before its host; it is shown without.
    func withoutPassword(_ value: String) -> String {
        guard case .url = self else { return value }
        let start = value.firstRange(of: "://")?.upperBound ?? value.startIndex
        // Up to the last @, wherever it is: a password whose / is not encoded would end the authority too early.
        guard let at = value.lastIndex(of: "@"), at > start, let colon = value[start..<at].firstIndex(of: ":") else {
            return withoutPasswordParameters(value)
        }
        return withoutPasswordParameters(value[...colon] + SettingDefinition.redacted + value[at...])
    }

    /// libpq takes `?password=` too.
    private func withoutPasswordParameters(_ value: String) -> String {
        value.replacing(/(?i)([?&][a-z]*password=)[^&]*/) { "\($0.1)\(SettingDefinition.redacted)" }
    }

    private static func countAndUnit(_ value: String) -> (Int, Substring)? {
        let digits = value.prefix { $0.isASCII && $0.isNumber }
        return Int(digits).map { ($0, value[digits.endIndex...]) }
    }

    private static func isURL(_ value: String, schemes: [String], schemeOptional: Bool) -> Bool {
        guard !value.contains(where: \.isWhitespace) else { return false }
        guard let separator = value.firstRange(of: "://") else { return schemeOptional && !value.hasPrefix("/") }
        return schemes.contains(value[..<separator.lowerBound].lowercased()) && separator.upperBound != value.endIndex
    }
}

extension StringProtocol {
    /// Without the blanks, tabs and line ends around it.
    func trimmingBlanks() -> String {
        let head = drop(while: \.isWhitespace)
        return String(head[..<(head.lastIndex { !$0.isWhitespace }.map(head.index(after:)) ?? head.startIndex)])
    }
}
