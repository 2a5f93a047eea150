/// One row of the configuration table: a name, what may stand there, and who reads it.
package struct SettingDefinition: Sendable, Hashable {
    /// The environment name, such as `KAFKA_TOPIC`. The flag is derived from it.
    package let name: String
    /// The value when nothing is set; `nil` means unset.
    package let defaultValue: String?
    /// A secret is never printed and can come from a file named in `<name>_FILE`.
    package let isSecret: Bool
    /// A value that may hold a password can come from a file too; it is printed without the password.
    package let mayHoldPassword: Bool
    /// The programs that read it. The others accept it and do not look at its value.
    package let programs: Set<Program>
    package let kind: SettingKind
    /// One line for `--help` and the documentation.
    package let meaning: String

    package init(
        _ name: String, default defaultValue: String? = nil, secret isSecret: Bool = false,
        mayHoldPassword: Bool = false, kind: SettingKind = .text, programs: Set<Program>, meaning: String
    ) {
        self.name = name
        self.defaultValue = defaultValue
        self.isSecret = isSecret
        self.mayHoldPassword = mayHoldPassword
        self.programs = programs
        self.kind = kind
        self.meaning = meaning
    }

    /// `KAFKA_TOPIC` → `--kafka-topic`.
    package var flag: String { Self.flag(for: name) }

    package var canComeFromFile: Bool { isSecret || mayHoldPassword }

    /// The variable that names a file with the value, where it can come from one.
    package var fileName: String { name + "_FILE" }

    static func flag(for name: String) -> String {
        "--" + name.lowercased().split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-")
    }

    /// `--kafka-topic` → `KAFKA_TOPIC`.
    static func name(forFlag flag: some StringProtocol) -> String {
        flag.dropFirst(2).split(separator: "-", omittingEmptySubsequences: false).joined(separator: "_").uppercased()
    }

    /// The value as it may be shown to a person.
    func shown(_ value: String) -> String {
        isSecret ? SettingDefinition.redacted : kind.withoutPassword(value)
    }

    static let redacted = "<redacted>"
}
