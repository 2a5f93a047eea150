import Foundation
import TestSupport

/// A text file of the checkout that a person wrote.
struct RepositoryFile: Sendable {
    /// Relative to the root, with `/`.
    let path: String
    let text: String

    var isSwift: Bool { path.hasSuffix(".swift") }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    func isIn(_ folders: String...) -> Bool {
        folders.contains { path.hasPrefix($0 + "/") }
    }

    /// Every file except what tools make (`.build`, `benchmarks/work`, caches), git's own and what is not UTF-8.
    static let all: [RepositoryFile] = {
        let root = Fixtures.repository
        let enumerator = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        var files: [RepositoryFile] = []
        while let url = enumerator?.nextObject() as? URL {
            let path = String(url.path.dropFirst(root.path.count + 1))
            if isMade(path) {
                enumerator?.skipDescendants()
            } else if let text = try? String(contentsOf: url, encoding: .utf8) {
                files.append(RepositoryFile(path: path, text: text))
            }
        }
        return files
    }()

    /// Every folder below `Sources`, relative to it.
    static let sourceFolders: Set<String> = Set(
        all.filter { $0.isIn("Sources") }.flatMap { file -> [String] in
            let folders = file.path.split(separator: "/").dropFirst().dropLast()
            return folders.indices.map { folders[...$0].joined(separator: "/") }
        })

    private static func isMade(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name == ".git" || name.hasPrefix(".build") || name == "__pycache__" || path == "benchmarks/work"
    }
}
