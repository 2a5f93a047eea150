package import ArgumentParser

/// The settings flags of a command: everything on its line that the command itself does not declare.
///
/// Use it with `@OptionGroup`, and `load(for:)` in `run()`.
package struct SettingsArguments: ParsableArguments {
    @Argument(parsing: .allUnrecognized, help: .hidden)
    package var arguments: [String] = []

    package init() {}

    /// The settings of the program from these flags, the environment and the file of `--config`.
    package func load(for program: Program) throws(ConfigurationError) -> Settings {
        try Settings.load(
            for: program, arguments: arguments, logsToTerminal: LogOutput.standardErrorIsTerminal)
    }

    /// Joins `--kafka-topic VALUE` to `--kafka-topic=VALUE` and moves it behind everything else: the parser would take
    /// the value, or a flag before an argument of the command, for that argument.
    static func ordered(_ arguments: [String]) -> [String] {
        let flags = Set(SettingDefinition.all.flatMap { [$0.flag, SettingDefinition.flag(for: $0.fileName)] })
        var others: [String] = []
        var settings: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let flag = argument.prefix { $0 != "=" }
            guard flags.contains(String(flag)) || flag == "--config" || flag.hasPrefix("--kafka-") else {
                others.append(argument)
                continue
            }
            if flag.endIndex == argument.endIndex, let value = rest.first, !value.hasPrefix("--") {
                settings.append("\(argument)=\(rest.removeFirst())")
            } else {
                settings.append(argument)
            }
        }
        return others + settings
    }

    /// The table of the program's settings for `--help`.
    package static func helpText(for program: Program) -> String {
        let rows = SettingDefinition.all.filter { $0.programs.contains(program) }.map { definition in
            let value = definition.defaultValue.map { "default \($0)" } ?? "unset"
            let secret = definition.isSecret ? ", secret" : ""
            let file = definition.canComeFromFile ? ", or \(definition.fileName)" : ""
            return "  \(definition.flag)  (\(definition.name); \(value)\(secret)\(file))\n      \(definition.meaning)"
        }
        return """
            Settings come from flags, the environment and the file of --config PATH (KEY=VALUE lines), in this order.
            Any other KAFKA_<PROPERTY> is passed to librdkafka, such as KAFKA_SECURITY_PROTOCOL=SASL_SSL.

            \(rows.joined(separator: "\n"))
            """
    }
}
