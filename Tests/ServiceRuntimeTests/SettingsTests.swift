import Foundation
import ServiceRuntime
import Testing

/// Loads settings with an environment of its own and, when given, a file.
func loadSettings(
    _ program: Program = .bridge, flags: [String] = [], environment: [String: String] = [:], file: String? = nil
) throws -> Settings {
    guard let file else { return try Settings.load(for: program, arguments: flags, environment: environment) }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).env").path
    try file.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try Settings.load(for: program, arguments: ["--config", path] + flags, environment: environment)
}

/// The problems of a load that must fail, one line each; paths are cut to `FILE`.
func problems(
    _ program: Program = .bridge, flags: [String] = [], environment: [String: String] = [:], file: String? = nil
) -> [String] {
    do {
        _ = try loadSettings(program, flags: flags, environment: environment, file: file)
        return []
    } catch let error as ConfigurationError {
        return error.problems.map { $0.description.replacing(/\/[^ :]*\.env/, with: "FILE") }
    } catch {
        return ["\(error)"]
    }
}

@Suite("Settings")
struct SettingsTests {
    @Test("Nothing set gives the defaults of the table")
    func defaults() throws {
        let settings = try loadSettings()
        #expect(settings.string(.kafkaTopic) == "zitadel.events.v1")
        #expect(settings.socketAddress(.bridgeListen) == SocketAddress(host: "0.0.0.0", port: 8094))
        #expect(settings.duration(.bridgeSignatureTolerance) == .seconds(300))
        #expect(settings.byteSize(.bridgeMaxBody) == 1 << 20)
        #expect(settings.list(.bridgeMetadataKeys) == ["*"])
        #expect(settings.optionalString(.zitadelSigningKey) == nil)
        #expect(settings.list(.zitadelSigningKey).isEmpty)
        #expect(settings.kafkaProperties.isEmpty)
    }

    @Test("Every default of the table is a good value of its kind, and every name is there once")
    func tableIsSound() throws {
        for program in Program.allCases { _ = try loadSettings(program) }
        #expect(Set(SettingDefinition.all.map(\.name)).count == SettingDefinition.all.count)
        #expect(SettingDefinition.all.allSatisfy { !$0.meaning.contains("\n") })
    }

    @Test("A flag wins over the environment, the environment over the file, the file over the default")
    func precedence() throws {
        let file = "KAFKA_TOPIC=file\nKAFKA_BOOTSTRAP_SERVERS=file:1\nZITADEL_INSTANCE_ID=7\n"
        let environment = ["KAFKA_TOPIC": "environment", "KAFKA_BOOTSTRAP_SERVERS": "environment:1"]
        let settings = try loadSettings(flags: ["--kafka-topic=flag"], environment: environment, file: file)
        #expect(settings.string(.kafkaTopic) == "flag")
        #expect(settings.list(.kafkaBootstrapServers) == ["environment:1"])
        #expect(settings.optionalString(.zitadelInstanceID) == "7")
        let sources = settings.effectiveValues().reduce(into: [:]) { $0[$1.name] = $1.source?.description }
        #expect(sources["KAFKA_TOPIC"] == "flag")
        #expect(sources["KAFKA_BOOTSTRAP_SERVERS"] == "environment")
        #expect(sources["ZITADEL_INSTANCE_ID"]?.hasSuffix(".env:3") == true)
        #expect(sources["BRIDGE_LISTEN"] == "default")
    }

    @Test(
        "An unknown key of ours names itself, its source and the near name",
        arguments: [
            (["BRIDGE_LISTN": "1"], "BRIDGE_LISTN (environment): is not a setting; did you mean BRIDGE_LISTEN?"),
            (["ZITADEL_PTA": "1"], "ZITADEL_PTA (environment): is not a setting; did you mean ZITADEL_PAT?"),
            (["STATE_FOO": "1"], "STATE_FOO (environment): is not a setting"),
            (["CONSUMER_X": ""], "CONSUMER_X (environment): is not a setting"),
        ])
    func unknownInEnvironment(environment: [String: String], message: String) {
        #expect(problems(environment: environment) == [message])
    }

    @Test("Foreign variables of the environment are ignored, any unknown key of a file is not")
    func foreignKeys() {
        #expect(problems(environment: ["PATH": "/bin", "LOG_LEVL": "x"]).isEmpty)
        #expect(
            problems(file: "A=1\nLOG_LEVL=info") == [
                "A (FILE:1): is not a setting", "LOG_LEVL (FILE:2): is not a setting; did you mean LOG_LEVEL?",
            ])
    }

    @Test("An unknown flag, a flag without a value and a stray argument are refused")
    func badFlags() {
        #expect(problems(flags: ["--kafka-topic", "--log-level=info"]) == ["--kafka-topic (flag): needs a value"])
        #expect(
            problems(flags: ["--bridge-listn", "x"]) == [
                "--bridge-listn (flag): is not a setting; did you mean --bridge-listen?"
            ])
        #expect(problems(flags: ["stray"]) == ["argument: unexpected argument"])
        #expect(problems(flags: ["-x"]) == ["-x: unexpected argument"])
        #expect(problems(flags: ["--confg", "x"]) == ["--confg (flag): is not a setting; did you mean --config?"])
    }

    @Test("Each program accepts the other's variables and does not look at their values")
    func otherProgram() throws {
        let environment = ["CONSUMER_OPS_LISTEN": "nonsense", "CONSUMER_API_TOKEN_FILE": "/nowhere", "STATE_URL": "x"]
        _ = try loadSettings(.bridge, environment: environment)
        #expect(problems(.consumer, environment: environment).count == 3)
    }

    @Test("All faults are reported at once")
    func allFaults() {
        let found = problems(
            environment: ["BRIDGE_LISTEN": "8094", "BRIDGE_MAX_BODY": "1 MB", "LOG_LEVEL": "loud"], file: "nonsense")
        #expect(
            found == [
                "line 1 (FILE:1): is not KEY=VALUE",
                "BRIDGE_LISTEN (environment): \"8094\" is not host:port, such as 0.0.0.0:8094 or [::1]:8094",
                "BRIDGE_MAX_BODY (environment): \"1 MB\" is not a size such as 4096, 64KiB or 1MiB, "
                    + "from 1024 to 67108864 bytes",
                "LOG_LEVEL (environment): \"loud\" is not one of trace, debug, info, notice, warning, error, critical",
            ])
    }

    @Test("An empty value is unset without a default, none for a list that can be empty, and else a fault")
    func emptyValues() throws {
        let settings = try loadSettings(
            environment: ["ZITADEL_INSTANCE_ID": "", "ZITADEL_SIGNING_KEY": "", "BRIDGE_METADATA_KEYS": ""])
        #expect(settings.optionalString(.zitadelInstanceID) == nil)
        #expect(settings.list(.bridgeMetadataKeys).isEmpty)
        #expect(
            problems(environment: ["KAFKA_TOPIC": ""]) == [
                "KAFKA_TOPIC (environment): is empty; leave it out for the default"
            ])
        #expect(problems(environment: ["KAFKA_BOOTSTRAP_SERVERS": " , "]).count == 1)
    }

    @Test("Blanks in a list are cut")
    func blanksInList() throws {
        let settings = try loadSettings(environment: ["KAFKA_BOOTSTRAP_SERVERS": " a:1 , b:2,"])
        #expect(settings.list(.kafkaBootstrapServers) == ["a:1", "b:2"])
    }

    @Test("A required setting that is unset names itself")
    func required() throws {
        let settings = try loadSettings()
        #expect(throws: ConfigurationError.self) { try settings.require(.zitadelSigningKey, .kafkaTopic) }
        let error = #expect(throws: ConfigurationError.self) { try settings.require(.zitadelSigningKey) }
        #expect(error?.description.hasPrefix("ZITADEL_SIGNING_KEY: is required") == true)
    }

    @Test("Any other KAFKA_ key is a librdkafka property")
    func kafkaProperties() throws {
        let settings = try loadSettings(
            flags: ["--kafka-linger-ms", "5"],
            environment: ["KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_PASSWORD": "hunter2", "KAFKA_DEBUG": ""])
        #expect(settings.kafkaProperties.map(\.name) == ["linger.ms", "sasl.password", "security.protocol"])
        #expect(settings.kafkaProperties.map(\.value) == ["5", "hunter2", "SASL_SSL"])
        #expect(settings.kafkaProperties.first?.key == "--kafka-linger-ms")
        #expect(!"\(settings.effectiveValues())".contains("hunter2"))
        #expect("\(settings.effectiveValues())".contains("SASL_SSL"))
    }

    @Test("LOG_FORMAT is text on a terminal unless it is set")
    func logFormat() throws {
        let terminal = try Settings.load(for: .bridge, environment: [:], logsToTerminal: true)
        #expect(terminal.string(.logFormat) == "text")
        let set = try Settings.load(for: .bridge, environment: ["LOG_FORMAT": "json"], logsToTerminal: true)
        #expect(set.string(.logFormat) == "json")
    }

    @Test("A file that cannot be read is named")
    func missingFile() {
        #expect(
            problems(flags: ["--config", "/nowhere/x.env"]) == [
                "--config (flag): FILE cannot be read, or is larger than 1 MiB"
            ])
    }
}
