// Rules on the text of a file.
extension TidyRule {
    static let shortFiles = TidyRule(
        sentence: "A Swift file has at most 300 lines",
        sample: RepositoryFile(path: "Sources/A.swift", text: String(repeating: "\n", count: 301)),
        applies: \.isSwift
    ) { file in
        let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
        return count > 300 ? ["1 has \(count) lines"] : []
    }

    static let shortFunctions = TidyRule(
        sentence: "A function has at most 70 lines",
        sample: RepositoryFile(
            path: "Sources/A.swift", text: "func f() {" + String(repeating: "\n", count: 70) + "}"),
        applies: \.isSwift
    ) { file in
        SwiftScanner(file.text).functionLengths().filter { $0.count > 70 }.map { "\($0.line) has \($0.count) lines" }
    }

    static let shortLines = TidyRule(
        sentence: "A line of Swift has at most 120 columns",
        sample: RepositoryFile(path: "Sources/A.swift", text: String(repeating: "a", count: 121)),
        applies: \.isSwift
    ) { file in
        numbered(file).filter { $0.line.count > 120 }.map { "\($0.number) has \($0.line.count) columns" }
    }

    static let noOpenEnds = TidyRule(
        sentence: "Nothing is left open in a comment",
        sample: RepositoryFile(path: "Sources/A.swift", text: "// TO" + "DO: later"),
        applies: { _ in true }
    ) { file in
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
        return numbered(file).filter { line in
            line.line.split { !$0.isLetter }.contains { marks.contains(String($0)) }
        }.map { "\($0.number)" }
    }

    static let noOutsideFolders = TidyRule(
        sentence: "Nothing names a folder outside the repository",
        sample: RepositoryFile(path: "docs/a.md", text: "see `../sha" + "red/contract.md`"),
        applies: { _ in true }
    ) { file in
        let outside = ["../sha" + "red", "/wo" + "rk/"]
        return numbered(file).filter { line in outside.contains { contains($0, in: line.line) } }.map { "\($0.number)" }
    }

    /// A path counts where it starts, so that our own `benchmarks/work` stays allowed.
    private static func contains(_ folder: String, in line: Substring) -> Bool {
        line.ranges(of: folder).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && before != "}" && before != "."
        }
    }

    private static func numbered(_ file: RepositoryFile) -> [(number: Int, line: Substring)] {
        file.lines.enumerated().map { ($0.offset + 1, $0.element) }
    }
}
