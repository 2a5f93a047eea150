package import ArgumentParser

/// A program that has settings, so that commands can be written once for all of them.
package protocol SettingsProgram: Sendable {
    static var program: Program { get }
}

/// `config`: prints every setting as it is in force, its source behind it, secrets masked.
package struct ConfigCommand<Owner: SettingsProgram>: AsyncParsableCommand {
    package static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "config", abstract: "Print the effective settings, secrets masked.")
    }

    @OptionGroup var settings: SettingsArguments

    package init() {}

    package func run() async throws {
        let lines = Self.lines(try settings.load(for: Owner.program).effectiveValues())
        writeToStandardOutput(lines.map { $0 + "\n" }.joined())
    }

    /// `KEY=VALUE  # source` lines; an unset key is a comment.
    static func lines(_ values: [EffectiveValue]) -> [String] {
        values.map { value in
            guard let text = value.value, let source = value.source else { return "# \(value.name) is unset" }
            return "\(value.name)=\(text)  # \(source)"
        }
    }
}
