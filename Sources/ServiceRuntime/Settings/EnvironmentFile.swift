/// A `.env` file: `KEY=VALUE` lines, `#` comments, single or double quotes, `export` accepted, `${VAR}` expanded.
///
/// Single quotes keep their text as it is. `\"`, `\\` and `\$` are escapes inside double quotes.
struct EnvironmentFile {
    struct Entry: Equatable {
        var key: String
        var value: String
        var line: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var problems: [ConfigurationError.Problem] = []
    private let path: String
    private let environment: [String: String]

    /// - Parameter path: for the messages only.
    init(_ text: String, path: String, environment: [String: String]) {
        self.path = path
        self.environment = environment
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() { read(line, number: index + 1) }
    }

    private mutating func read(_ rawLine: Substring, number: Int) {
        var line = rawLine.trimmingBlanks()
        if number == 1, line.hasPrefix("\u{FEFF}") { line = String(line.dropFirst()) }
        guard !line.isEmpty, !line.hasPrefix("#") else { return }
        if line.hasPrefix("export ") { line = line.dropFirst("export ".count).trimmingBlanks() }
        let source = SettingSource.file(path: path, line: number)
        guard let equals = line.firstIndex(of: "="), Self.isKey(line[..<equals].trimmingBlanks()) else {
            problems.append(.init(key: "line \(number)", source: source, reason: "is not KEY=VALUE"))
            return
        }
        let key = line[..<equals].trimmingBlanks()
        if let first = entries.first(where: { $0.key == key }) {
            problems.append(.init(key: key, source: source, reason: "is already set in line \(first.line)"))
        }
        do throws(Fault) {
            let value = try value(of: line[line.index(after: equals)...].trimmingBlanks())
            entries.append(Entry(key: key, value: value, line: number))
        } catch {
            problems.append(.init(key: key, source: source, reason: error.reason))
        }
    }

    private struct Fault: Error { var reason: String }

    private func value(of text: String) throws(Fault) -> String {
        switch text.first {
        case "'":
            return try quoted(text.dropFirst(), by: "'") { (body: Substring) throws(Fault) in String(body) }
        case "\"":
            return try quoted(text.dropFirst(), by: "\"", expanded)
        default:
            return try expanded(text.prefix(upTo: Self.commentStart(text))[...]).trimmingBlanks()
        }
    }

    /// The text up to the closing quote; only a comment may follow.
    private func quoted(
        _ text: Substring, by quote: Character, _ read: (Substring) throws(Fault) -> String
    ) throws(Fault) -> String {
        var end = text.startIndex
        while end < text.endIndex, text[end] != quote {
            if text[end] == "\\", quote == "\"" { end = text.index(after: end) }
            if end < text.endIndex { end = text.index(after: end) }
        }
        guard end < text.endIndex else { throw Fault(reason: "the closing quote is missing") }
        let rest = text[text.index(after: end)...].trimmingBlanks()
        guard rest.isEmpty || rest.hasPrefix("#") else { throw Fault(reason: "text follows the closing quote") }
        return try read(text[..<end])
    }

    /// Replaces `${VAR}` from the environment, and escapes.
    private func expanded(_ text: Substring) throws(Fault) -> String {
        var result = ""
        var rest = text
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, "\"\\$".contains(next) {
                result.append(rest.removeFirst())
            } else if character == "$", rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw Fault(reason: "${ has no closing brace") }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                guard Self.isKey(name) else { throw Fault(reason: "only ${NAME} can stand after $") }
                guard let value = environment[name] else {
                    throw Fault(reason: "the environment variable \(name) is not set")
                }
                result += value
                rest = rest[rest.index(after: end)...]
            } else {
                result.append(character)
            }
        }
        return result
    }

    /// A `#` after a blank starts a comment.
    private static func commentStart(_ text: String) -> String.Index {
        var previous: Character = " "
        for index in text.indices {
            if text[index] == "#", previous.isWhitespace { return index }
            previous = text[index]
        }
        return text.endIndex
    }

    private static func isKey(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
