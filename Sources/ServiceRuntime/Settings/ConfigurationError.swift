/// Everything that is wrong with the configuration, so that one start shows it all.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// One fault. Its text never holds the value of a secret.
    package struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// The key as the reader wrote it: a variable name, or `--flag`.
        package let key: String
        /// Where it was set; `nil` when it was not.
        package let source: SettingSource?
        package let reason: String

        package init(key: String, source: SettingSource?, reason: String) {
            self.key = key
            self.source = source
            self.reason = reason
        }

        package var description: String {
            source.map { "\(key) (\($0)): \(reason)" } ?? "\(key): \(reason)"
        }
    }

    package let problems: [Problem]

    package init(_ problems: [Problem]) {
        self.problems = problems
    }

    /// One line a problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Where a value comes from.
package enum SettingSource: Sendable, Hashable, CustomStringConvertible {
    case flag
    case environment
    case file(path: String, line: Int)
    case defaultValue
    /// The value stands in a file that the variable of this name points to.
    indirect case secretFile(variable: String, SettingSource)

    package var description: String {
        switch self {
        case .flag: "flag"
        case .environment: "environment"
        case .file(let path, let line): "\(path):\(line)"
        case .defaultValue: "default"
        case .secretFile(let variable, let source): "\(source), \(variable)"
        }
    }
}
