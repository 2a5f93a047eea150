extension TidyRule {
    /// The constant text of a message cannot leak anything, so it is not looked at. What is interpolated is, and so are
    /// the keys of the metadata.
    static let noPersonalDataInLogs = TidyRule(
        sentence: "Log calls name no payload, value, body, display name, email, token or signature",
        sample: RepositoryFile(
            path: "Sources/A/A.swift",
            text: "logger.warning(\"Record set aside\", metadata: [LogKey.reason: \"\\(event.displayName)\"])"),
        applies: { $0.isSwift && $0.isIn("Sources") }
    ) { file in
        let scanner = SwiftScanner(file.text)
        return logCalls(in: scanner).flatMap { call in
            let code = String(decoding: scanner.code[call], as: UTF8.self)
            let source = String(decoding: scanner.source[call], as: UTF8.self)
            let keys = source.matches(of: #/"(\w+)"\s*:/#).map { String($0.1) }
            let names = code.matches(of: #/[A-Za-z_]\w*(\.count\b)?/#).map { String($0.0) }
            return (keys + names).filter(isPersonal).map { "\(scanner.line(of: call.lowerBound)) logs \($0)" }
        }
    }

    private static func logCalls(in scanner: SwiftScanner) -> [Range<Int>] {
        let code = String(decoding: scanner.code, as: UTF8.self)
        let call = #/\b(log|logger|\w+Log|\w+Logger)\.(trace|debug|info|notice|warning|error|critical|log)\(/#
        return code.matches(of: call).map { match in
            let open = code.utf8.distance(from: code.startIndex, to: match.range.upperBound) - 1
            return open..<scanner.closing(of: open, "(", ")") + 1
        }
    }

    /// A size of something personal may be logged.
    private static func isPersonal(_ name: String) -> Bool {
        guard !name.hasSuffix(".count"), name != "rawValue" else { return false }
        let lower = name.lowercased()
        let anywhere = ["payload", "displayname", "email", "password", "phone", "secret"]
        let last = ["value", "body", "token", "signature"]
        return anywhere.contains { lower.contains($0) }
            || last.contains { lower == $0 || name.hasSuffix($0.prefix(1).uppercased() + $0.dropFirst()) }
    }
}
