import Testing

/// A rule of this repository that a program can check, and a sample that breaks it.
struct TidyRule: Sendable, CustomTestStringConvertible {
    /// A sentence, printed when the rule is broken.
    let sentence: String
    /// A file that breaks the rule: a rule that nothing can break checks nothing.
    let sample: RepositoryFile
    let applies: @Sendable (RepositoryFile) -> Bool
    /// One text for each offence, with its line where there is one.
    let offences: @Sendable (RepositoryFile) -> [String]

    var testDescription: String { sentence }

    func broken(by file: RepositoryFile) -> [String] {
        applies(file) ? offences(file).map { "\(file.path):\($0)" } : []
    }

    static let all: [TidyRule] = [
        .shortFiles, .shortFunctions, .shortLines, .noOpenEnds, .noOutsideFolders, .noPersonalDataInLogs,
        .everyTaskHasAParent, .noSleepingTests, .noFoundationInHotPaths, .programsAreSeparate,
    ]
}
