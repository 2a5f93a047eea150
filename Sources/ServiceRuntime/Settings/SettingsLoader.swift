import Foundation

extension Settings {
    /// Reads flags, environment and file, in this order of precedence, and checks every value of the program.
    ///
    /// - Parameters:
    ///   - arguments: settings flags, `--kafka-topic VALUE` or `--kafka-topic=VALUE`, and `--config PATH`.
    ///   - logsToTerminal: makes `text` the default of `LOG_FORMAT`.
    /// - Throws: every fault that was found, not only the first.
    package static func load(
        for program: Program, arguments: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment, logsToTerminal: Bool = false
    ) throws(ConfigurationError) -> Settings {
        var loader = SettingsLoader(program: program)
        loader.readFlags(arguments)
        loader.readEnvironment(environment)
        loader.readFile(environment)
        return try loader.finish(logsToTerminal: logsToTerminal)
    }
}

/// Collects what the three levels say and every fault on the way.
private struct SettingsLoader {
    private struct Entry {
        var text: String
        var source: SettingSource
        /// How the reader wrote the key.
        var spelling: String
        /// The file that held the value.
        var file: String?
    }

    let program: Program
    private var problems: [ConfigurationError.Problem] = []
    private var configPath: String?
    /// The levels in order of precedence: name → entry.
    private var levels: [[String: Entry]] = []

    private static let known = Dictionary(uniqueKeysWithValues: SettingDefinition.all.map { ($0.name, $0) })
    private static let names = SettingDefinition.all.flatMap {
        $0.canComeFromFile ? [$0.name, $0.fileName] : [$0.name]
    }
    private static let ourPrefixes = ["ZITADEL_", "BRIDGE_", "KAFKA_", "CONSUMER_", "STATE_"]
    private static let fileSizeMax = 1 << 20

    init(program: Program) { self.program = program }

    mutating func readFlags(_ arguments: [String]) {
        var level: [String: Entry] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                report(argument.hasPrefix("-") ? argument : "argument", nil, "unexpected argument")
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let flag = parts[0]
            var value = parts.count == 2 ? parts[1] : nil
            if value == nil, let next = rest.first, !next.hasPrefix("--") { value = rest.removeFirst() }
            let name = SettingDefinition.name(forFlag: flag)
            guard flag == "--config" || isKnown(name) else {
                reportUnknown(flag, name, .flag)
                continue
            }
            guard let value else {
                report(flag, .flag, "needs a value")
                continue
            }
            if flag == "--config" {
                configPath = value
            } else {
                level[name] = Entry(text: value, source: .flag, spelling: flag)
            }
        }
        levels.append(level)
    }

    mutating func readEnvironment(_ environment: [String: String]) {
        var level: [String: Entry] = [:]
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) {
            if isKnown(name) {
                level[name] = Entry(text: text, source: .environment, spelling: name)
            } else if Self.ourPrefixes.contains(where: { name.hasPrefix($0) }) {
                reportUnknown(name, name, .environment)
            }
        }
        levels.append(level)
    }

    mutating func readFile(_ environment: [String: String]) {
        guard let configPath else { return }
        guard let bytes = readSmallFile(configPath, sizeMax: Self.fileSizeMax) else {
            return report("--config", .flag, "\(configPath) cannot be read, or is larger than 1 MiB")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return report("--config", .flag, "\(configPath) is not UTF-8")
        }
        let file = EnvironmentFile(text, path: configPath, environment: environment)
        problems += file.problems
        var level: [String: Entry] = [:]
        for entry in file.entries {
            let source = SettingSource.file(path: configPath, line: entry.line)
            guard isKnown(entry.key) else {
                reportUnknown(entry.key, entry.key, source)
                continue
            }
            level[entry.key] = Entry(text: entry.value, source: source, spelling: entry.key)
        }
        levels.append(level)
    }

    mutating func finish(logsToTerminal: Bool) throws(ConfigurationError) -> Settings {
        var values: [SettingDefinition: SettingValue] = [:]
        for definition in SettingDefinition.all where definition.programs.contains(program) {
            values[definition] = value(of: definition)
        }
        if logsToTerminal, values[.logFormat]?.source == .defaultValue {
            values[.logFormat]?.text = "text"
        }
        let properties = kafkaProperties()
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return Settings(program: program, values: values, kafkaProperties: properties)
    }

    private mutating func value(of definition: SettingDefinition) -> SettingValue? {
        let fallback = definition.defaultValue.map { SettingValue(text: $0, source: .defaultValue) }
        guard let entry = entry(definition.name, fileName: definition.canComeFromFile ? definition.fileName : nil)
        else {
            return fallback
        }
        if entry.text.isEmpty, definition.kind != .list(canBeEmpty: true) {
            guard fallback != nil else { return nil }
            report(entry.spelling, entry.source, "is empty; leave it out for the default")
            return fallback
        }
        if let fault = definition.kind.fault(in: entry.text) {
            let subject = showsInErrors(definition) ? "\"\(entry.text)\" is " : "is "
            report(entry.spelling, entry.source, subject + fault)
            return fallback
        }
        return SettingValue(text: entry.text, source: entry.source)
    }

    /// A URL may hold a password, and a secret is one.
    private func showsInErrors(_ definition: SettingDefinition) -> Bool {
        if case .url = definition.kind { return false }
        return !definition.isSecret
    }

    /// The entry of the highest level that has one, read from its file when `fileName` is what is set there.
    private mutating func entry(_ name: String, fileName: String?) -> Entry? {
        for level in levels {
            let file = fileName.flatMap { level[$0] }.flatMap { $0.text.isEmpty ? nil : $0 }
            guard let file else {
                if let entry = level[name] { return entry }
                continue
            }
            if let entry = level[name], !entry.text.isEmpty {
                report(entry.spelling, entry.source, "is set together with \(file.spelling); set one of them")
            }
            return secret(from: file)
        }
        return nil
    }

    /// The value in the file that an `X_FILE` entry names; one line end at its end is cut.
    private mutating func secret(from file: Entry) -> Entry? {
        guard let bytes = readSmallFile(file.text, sizeMax: SecretFile.sizeMax) else {
            report(file.spelling, file.source, "the file \(file.text) cannot be read, or is larger than 64 KiB")
            return nil
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            report(file.spelling, file.source, "the file \(file.text) is not UTF-8")
            return nil
        }
        if text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else {
            report(file.spelling, file.source, "the file \(file.text) is empty")
            return nil
        }
        return Entry(
            text: text, source: .secretFile(variable: file.spelling, file.source), spelling: file.spelling,
            file: file.text)
    }

    private mutating func kafkaProperties() -> [KafkaProperty] {
        let names = Set(levels.flatMap(\.keys)).filter { Self.isKafkaProperty($0) }
        let bases = Set(names.map { Self.isSecretFile($0) ? String($0.dropLast("_FILE".count)) : $0 })
        return bases.sorted().compactMap { base in
            let property = Self.property(base)
            let fileName = KafkaProperty.isSecret(property) ? base + "_FILE" : nil
            guard let entry = entry(base, fileName: fileName), !entry.text.isEmpty else { return nil }
            return KafkaProperty(
                name: property, value: entry.text, key: entry.spelling, source: entry.source, file: entry.file)
        }
    }

    /// `KAFKA_SECURITY_PROTOCOL` → `security.protocol`.
    private static func property(_ name: String) -> String {
        name.dropFirst("KAFKA_".count).lowercased().split(separator: "_").joined(separator: ".")
    }

    private static func isKafkaProperty(_ name: String) -> Bool {
        name.hasPrefix("KAFKA_") && name.count > "KAFKA_".count && known[name] == nil
    }

    private static func isSecretFile(_ name: String) -> Bool {
        name.hasSuffix("_FILE") && KafkaProperty.isSecret(property(String(name.dropLast("_FILE".count))))
    }

    private func isKnown(_ name: String) -> Bool {
        Self.names.contains(name) || Self.isKafkaProperty(name)
    }

    private mutating func report(_ key: String, _ source: SettingSource?, _ reason: String) {
        problems.append(.init(key: key, source: source, reason: reason))
    }

    private mutating func reportUnknown(_ key: String, _ name: String, _ source: SettingSource) {
        let near = Suggestion.nearest(to: name, among: Self.names + (source == .flag ? ["CONFIG"] : []))
        let hint = near.map { "; did you mean \(source == .flag ? SettingDefinition.flag(for: $0) : $0)?" } ?? ""
        report(key, source, "is not a setting" + hint)
    }
}
