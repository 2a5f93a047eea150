/// The settings of one program: read once at the start, checked, and then never changed.
package struct Settings: Sendable {
    package let program: Program
    /// What is passed to librdkafka as it is: every `KAFKA_<PROPERTY>` outside the table.
    package let kafkaProperties: [KafkaProperty]
    private let values: [SettingDefinition: SettingValue]

    init(program: Program, values: [SettingDefinition: SettingValue], kafkaProperties: [KafkaProperty]) {
        self.program = program
        self.values = values
        self.kafkaProperties = kafkaProperties
    }

    /// The text of a setting that has a default, or was found by `require`.
    package func string(_ definition: SettingDefinition) -> String {
        guard let text = optionalString(definition) else {
            preconditionFailure("\(definition.name) has no default: require it first.")
        }
        return text
    }

    /// `nil` when the setting is unset.
    package func optionalString(_ definition: SettingDefinition) -> String? {
        precondition(definition.programs.contains(program), "\(definition.name) is no setting of \(program.rawValue).")
        return values[definition]?.text
    }

    /// The values of a comma list; none when it is unset.
    package func list(_ definition: SettingDefinition) -> [String] {
        SettingKind.list(optionalString(definition) ?? "")
    }

    package func duration(_ definition: SettingDefinition) -> Duration {
        checked(definition, SettingKind.duration)
    }

    /// `nil` when the setting is unset.
    package func optionalDuration(_ definition: SettingDefinition) -> Duration? {
        optionalString(definition) == nil ? nil : duration(definition)
    }

    /// Bytes.
    package func byteSize(_ definition: SettingDefinition) -> Int {
        checked(definition, SettingKind.byteSize)
    }

    package func socketAddress(_ definition: SettingDefinition) -> SocketAddress {
        checked(definition, SocketAddress.init)
    }

    package func bool(_ definition: SettingDefinition) -> Bool { string(definition) == "true" }

    package func integer(_ definition: SettingDefinition) -> Int { checked(definition, { Int($0) }) }

    /// Stops the start when one of these is unset.
    package func require(_ definitions: SettingDefinition...) throws(ConfigurationError) {
        let missing = definitions.filter { optionalString($0) == nil }
        guard missing.isEmpty else {
            throw ConfigurationError(missing.map { problem($0, "is required: \($0.meaning)") })
        }
    }

    /// A fault that only the program can see, such as two settings that do not fit together.
    package func problem(_ definition: SettingDefinition, _ reason: String) -> ConfigurationError.Problem {
        ConfigurationError.Problem(key: definition.name, source: values[definition]?.source, reason: reason)
    }

    /// A fault that the Kafka client found in one of the properties passed on to it; or in none of them alone.
    package func kafkaProblem(property: String?, _ reason: String) -> ConfigurationError {
        let passed = kafkaProperties.first { $0.name == property }
        let key = passed?.key ?? property.map { "KAFKA_" + $0.uppercased().replacing(".", with: "_") } ?? "KAFKA_*"
        return ConfigurationError([ConfigurationError.Problem(key: key, source: passed?.source, reason: reason)])
    }

    /// The SASL password of the brokers and its user, where a file holds the password: it can be replaced there.
    package var kafkaPasswordFile: KafkaPasswordFile? {
        guard let password = kafkaProperties.first(where: { $0.name == "sasl.password" }), let path = password.file
        else { return nil }
        let username = kafkaProperties.first { $0.name == "sasl.username" }?.value ?? ""
        return KafkaPasswordFile(username: username, password: password.value, path: path, key: password.key)
    }

    /// Every setting of the program as it is in force; secrets and passwords are masked.
    package func effectiveValues() -> [EffectiveValue] {
        let table = SettingDefinition.all.filter { $0.programs.contains(program) }.map { definition in
            let value = values[definition]
            return EffectiveValue(
                name: definition.name, value: value.map { definition.shown($0.text) }, source: value?.source)
        }
        return table
            + kafkaProperties.map {
                EffectiveValue(
                    name: $0.key, value: $0.isSecret ? SettingDefinition.redacted : $0.value, source: $0.source)
            }
    }

    /// The loader has checked every value against its kind, so reading cannot fail.
    private func checked<Value>(_ definition: SettingDefinition, _ read: (String) -> Value?) -> Value {
        guard let value = read(string(definition)) else {
            preconditionFailure("\(definition.name) is read as another kind than the table says.")
        }
        return value
    }
}

/// Where a password of the brokers stands, and what stood there at the start.
package struct KafkaPasswordFile: Sendable {
    package let username: String
    package let password: String
    package let path: String
    /// The setting that names the file.
    package let key: String
}

/// One line of the `config` command.
package struct EffectiveValue: Sendable, Equatable {
    package let name: String
    /// `nil` when unset.
    package let value: String?
    package let source: SettingSource?
}

/// A librdkafka property that the environment, the file or a flag names.
package struct KafkaProperty: Sendable, Equatable {
    /// As librdkafka writes it, such as `security.protocol`.
    package let name: String
    package let value: String
    /// As the reader wrote it, such as `KAFKA_SECURITY_PROTOCOL`: for the message when librdkafka refuses it.
    package let key: String
    package let source: SettingSource
    /// The file that held the value, when it came from one.
    package let file: String?

    /// Its value must not be shown.
    package var isSecret: Bool { Self.isSecret(name) }

    static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "key.pem", "oauthbearer.config"].contains { name.contains($0) }
    }
}

struct SettingValue: Sendable {
    var text: String
    var source: SettingSource
}
