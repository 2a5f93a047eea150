// Rules on code, without its comments and the text of its strings.
extension TidyRule {
    static let everyTaskHasAParent = TidyRule(
        sentence: "Sources start no task without a parent",
        sample: RepositoryFile(path: "Sources/A/A.swift", text: "let t = Task(priority: .high) { await f() }"),
        applies: { $0.isSwift && $0.isIn("Sources") }
    ) { file in
        matches(#/\bTask\s*(<[^>]*>)?\s*(\([^)]*\)\s*)?\{|\bTask\.(detached|init)\b/#, in: file)
    }

    static let noSleepingTests = TidyRule(
        sentence: "Tests wait for conditions, not for time",
        sample: RepositoryFile(path: "Tests/ATests/A.swift", text: "try await Task.sleep(for: .seconds(1))"),
        applies: { $0.isSwift && $0.isIn("Tests") && $0.path != "Tests/TestSupport/Eventually.swift" }
    ) { file in
        matches(#/\b(Task|Thread|clock)\.sleep\b|\b(u|nano)?sleep\s*\(/#, in: file)
    }

    static let noFoundationInHotPaths = TidyRule(
        sentence: "The contract and the ingress do without Foundation",
        sample: RepositoryFile(path: "Sources/EventContract/A.swift", text: "package import FoundationEssentials"),
        applies: { $0.isSwift && $0.isIn("Sources/EventContract", "Sources/Bridge/Ingress") }
    ) { file in
        matches(#/\bimport\s+((struct|class|enum|func|protocol|typealias|var|let)\s+)?Foundation\w*/#, in: file)
    }

    static let programsAreSeparate = TidyRule(
        sentence: "Nothing in Sources imports a program",
        sample: RepositoryFile(path: "Sources/Consumer/A.swift", text: "import Bridge"),
        applies: { $0.isSwift && $0.isIn("Sources") }
    ) { file in
        matches(#/\bimport\s+((struct|class|enum|func)\s+)?(Bridge|Consumer|Simulator|DevBroker)\b/#, in: file)
    }

    private static func matches(_ pattern: Regex<some Any>, in file: RepositoryFile) -> [String] {
        let scanner = SwiftScanner(file.text)
        let code = String(decoding: scanner.code, as: UTF8.self)
        return code.matches(of: pattern).map { match in
            let offset = code.utf8.distance(from: code.startIndex, to: match.range.lowerBound)
            return "\(scanner.line(of: offset)) \(code[match.range])"
        }
    }
}
