import Foundation
import TestSupport
import Testing

@Suite("Style as a test")
struct TidyTests {
    @Test("The repository keeps the rule", arguments: TidyRule.all)
    func ruleIsKept(_ rule: TidyRule) {
        let offences = RepositoryFile.all.flatMap { rule.broken(by: $0) }
        #expect(offences.isEmpty, "\(rule.sentence):\n\(offences.joined(separator: "\n"))")
    }

    @Test("A rule notices a file that breaks it", arguments: TidyRule.all)
    func ruleCanFail(_ rule: TidyRule) {
        #expect(!rule.broken(by: rule.sample).isEmpty)
    }

    @Test("The files of the repository are found")
    func filesAreFound() {
        let paths = RepositoryFile.all.map(\.path)
        #expect(paths.contains("Package.swift"))
        #expect(paths.contains("Tests/TidyTests/TidyTests.swift"))
        #expect(!paths.contains { $0.hasPrefix(".build") || $0.hasPrefix("benchmarks/work") })
    }

    @Test("The architecture's file map names every folder of Sources", .enabled(if: Architecture.text != nil))
    func mapIsComplete() throws {
        let missing = Architecture.missing(RepositoryFile.sourceFolders, in: try #require(Architecture.text))
        #expect(missing.isEmpty, "ARCHITECTURE.md does not name \(missing.joined(separator: ", "))")
    }

    @Test("A folder that the file map lacks is noticed")
    func mapCanFail() {
        #expect(Architecture.missing(["Bridge", "Bridge/Ingress"], in: "`Bridge/` the program") == ["Bridge/Ingress"])
    }

    @Test(
        "Log calls: what is personal",
        arguments: [
            ("logger.info(\"x\", metadata: [\"email\": \"\\(user.id)\"])", true),
            ("log.debug(\"got \\(record.value)\")", true),
            ("logger.error(\"x\", metadata: [LogKey.reason: \"\\(requestBody)\"])", true),
            ("logger.error(\"The body is too large\", metadata: [LogKey.size: \"\\(body.count)\"])", false),
            ("logger.error(\"x\", metadata: [LogKey.reason: \"\\(error.rawValue)\"])", false),
            ("let payload = catalog.info(of: payload)", false),
        ])
    func personalData(_ code: String, _ isPersonal: Bool) {
        let file = RepositoryFile(path: "Sources/A/A.swift", text: code)
        #expect(TidyRule.noPersonalDataInLogs.broken(by: file).isEmpty == !isPersonal)
    }
}

/// ARCHITECTURE.md, which has a file map.
private enum Architecture {
    static let text = RepositoryFile.all.first { $0.path == "ARCHITECTURE.md" }?.text

    /// A folder counts as named where its last component stands with a slash behind it.
    static func missing(_ folders: Set<String>, in text: String) -> [String] {
        folders.filter { folder in
            !text.contains("\(folder.split(separator: "/").last ?? "")/")
        }.sorted()
    }
}
