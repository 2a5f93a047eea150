package import ArgumentParser

/// A program that has settings, so that commands can be written once for all of them.
package protocol SettingsProgram: Sendable {
    static var program: Program { get }

    /// Checks what `run` would refuse before it opens or reaches anything.
    ///
    /// - Throws: `ConfigurationError` that names each key which is missing or wrong.
    static func check(_ settings: Settings) throws
}

/// `config`: prints every setting as it is in force, its source behind it, secrets masked.
package struct ConfigCommand<Owner: SettingsProgram>: AsyncParsableCommand {
    package static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "config", abstract: "Print the effective settings, secrets masked.",
            discussion: """
                With --check also whatever `run` would refuse at its start: settings that are missing or contradict \
                each other, unreadable certificates, librdkafka properties that are unknown or would break a promise. \
                Nothing is opened or connected, so it can run before a roll-out.
                """)
    }

    @Flag(help: "End with 2 and the key at fault when `run` would refuse these settings.")
    var check = false

    @OptionGroup var settings: SettingsArguments

    package init() {}

    package func run() async throws {
        let settings = try settings.load(for: Owner.program)
        writeToStandardOutput(Self.lines(settings.effectiveValues()).map { $0 + "\n" }.joined())
        if check { try Owner.check(settings) }
    }

    /// `KEY=VALUE  # source` lines; an unset key is a comment.
    static func lines(_ values: [EffectiveValue]) -> [String] {
        values.map { value in
            guard let text = value.value, let source = value.source else { return "# \(value.name) is unset" }
            return "\(value.name)=\(text)  # \(source)"
        }
    }
}
