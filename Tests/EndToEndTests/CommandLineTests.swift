import Foundation
import TestSupport
import Testing

@Suite("Wrong usage and wrong surroundings, on the command line")
struct CommandLineTests {
    /// A start that must fail, and what the person who made it has to be told.
    struct Fault: Sendable, CustomTestStringConvertible {
        let program: String
        var arguments = ["run"]
        var environment: [String: String] = [:]
        var status: Int32 = 2
        /// All of these are named.
        let named: [String]

        var testDescription: String { "\(program) \(arguments.joined(separator: " ")) \(environment.keys.sorted())" }
    }

    private static let secret = "canary-secret-value"
    private static let signed = ["ZITADEL_GRPC_HOST": "http://127.0.0.1:9", "ZITADEL_SIGNING_KEY": secret]

    static let faults: [Fault] = [
        Fault(program: "zitadel-bridge", environment: ["BRIDGE_LISTENN": "x"], named: ["BRIDGE_LISTENN"]),
        Fault(program: "zitadel-bridge", named: ["ZITADEL_GRPC_HOST", "required"]),
        Fault(
            program: "zitadel-bridge", environment: ["ZITADEL_GRPC_HOST": "http://127.0.0.1:9"],
            named: ["ZITADEL_PAT", "required", "ZITADEL_SIGNING_KEY"]),
        Fault(
            program: "zitadel-bridge", environment: signed.merging(["BRIDGE_MAX_BODY": "lots"]) { $1 },
            named: ["BRIDGE_MAX_BODY"]),
        Fault(
            program: "zitadel-bridge", environment: signed.merging(["BRIDGE_LISTEN": "nowhere"]) { $1 },
            named: ["BRIDGE_LISTEN"]),
        Fault(program: "zitadel-bridge", arguments: ["rnu"], named: ["rnu"]),
        Fault(program: "zitadel-bridge", arguments: ["run", "--no-such-flag=1"], named: ["--no-such-flag"]),
        Fault(
            program: "zitadel-bridge", environment: signed.merging(["KAFKA_NO_SUCH_THING": secret]) { $1 },
            named: ["KAFKA_NO_SUCH_THING", "no.such.thing"]),
        Fault(
            program: "zitadel-bridge",
            environment: signed.merging(["KAFKA_SECURITY_PROTOCOL": secret, "KAFKA_SASL_PASSWORD": secret]) { $1 },
            named: ["KAFKA_SECURITY_PROTOCOL"]),
        Fault(
            program: "zitadel-bridge", environment: signed.merging(["KAFKA_ENABLE_IDEMPOTENCE": "false"]) { $1 },
            named: ["KAFKA_ENABLE_IDEMPOTENCE"]),
        Fault(program: "zitadel-consumer", environment: ["CONSUMER_LISTENN": "x"], named: ["CONSUMER_LISTENN"]),
        Fault(program: "zitadel-consumer", environment: ["STATE_URL": "mysql://x"], named: ["STATE_URL"]),
        Fault(
            program: "zitadel-consumer",
            environment: ["STATE_URL": "sqlite:///dev/shm/none.db", "KAFKA_ENABLE_AUTO_COMMIT": "true"],
            named: ["KAFKA_ENABLE_AUTO_COMMIT"]),
        Fault(
            program: "zitadel-consumer", environment: ["STATE_URL": "sqlite:///no/such/folder/state.db"], status: 1,
            named: ["/no/such/folder/state.db", "folder must exist"]),
        Fault(
            program: "zitadel-consumer", arguments: ["state", "export"],
            environment: ["STATE_URL": "sqlite:///no/such/state.db"], status: 1, named: ["/no/such/state.db"]),
        Fault(
            program: "zitadel-simulator",
            arguments: ["serve", "--webhook", "http://127.0.0.1:1", "--signing-key", secret, "--duplicate", "2"],
            named: ["--duplicate"]),
        Fault(
            program: "zitadel-simulator", arguments: ["serve", "--webhook", "http://127.0.0.1:1"],
            named: ["--signing-key", "ZITADEL_SIGNING_KEY"]),
        Fault(program: "kafka-dev-broker", arguments: ["--rtt", "slow"], named: ["--rtt"]),
    ]

    @Test("A wrong start ends at once, with its exit code and a message that names the key", arguments: faults)
    func wrongStart(_ fault: Fault) async throws {
        let folder = try TemporaryFolder()
        let process = try await ProcessUnderTest.start(
            fault.program, fault.arguments, environment: fault.environment, in: folder.url)
        #expect(try await process.untilEnd() == .exited(fault.status))
        for name in fault.named { #expect(process.log.contains(name), "\(process.log)") }
        #expect(!process.log.contains(Self.secret) && !process.output.contains(Self.secret))
    }

    @Test("An unset ${VAR} in a file stops the start and is named, with its place")
    func unsetVariable() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path("bridge.env")
        try Data("BRIDGE_LISTEN=127.0.0.1:0\nZITADEL_SIGNING_KEY=${CANARY_NOT_SET}\n".utf8)
            .write(to: URL(fileURLWithPath: file))
        let process = try await ProcessUnderTest.start("zitadel-bridge", ["run", "--config", file], in: folder.url)
        #expect(try await process.untilEnd() == .exited(2))
        #expect(process.log.contains("CANARY_NOT_SET") && process.log.contains("\(file):2"), "\(process.log)")
    }

    @Test(
        "Help is no error", arguments: ["zitadel-bridge", "zitadel-consumer", "zitadel-simulator", "kafka-dev-broker"])
    func help(_ program: String) async throws {
        let folder = try TemporaryFolder()
        let process = try await ProcessUnderTest.start(program, ["--help"], in: folder.url)
        #expect(try await process.untilEnd() == .exited(0))
        #expect(process.output.contains("USAGE: \(program)"))
    }

    @Test("The settings in force are printed with secrets masked, from whatever source", arguments: [false, true])
    func config(fromFile: Bool) async throws {
        let folder = try TemporaryFolder()
        let secretFile = folder.path("key")
        try Data(Self.secret.utf8).write(to: URL(fileURLWithPath: secretFile))
        let key =
            fromFile
            ? ["ZITADEL_GRPC_HOST": "http://127.0.0.1:9", "ZITADEL_SIGNING_KEY_FILE": secretFile] : Self.signed
        let process = try await ProcessUnderTest.start(
            "zitadel-bridge", ["config", "--bridge-max-body", "2MiB"],
            environment: key.merging([
                "KAFKA_SASL_PASSWORD": Self.secret, "KAFKA_TOPIC": "elsewhere", "CONSUMER_API_TOKEN": Self.secret,
            ]) { $1 }, in: folder.url)
        #expect(try await process.untilEnd() == .exited(0), "\(process.log)")
        #expect(!(process.output + process.log).contains(Self.secret))
        for line in ["ZITADEL_SIGNING_KEY=", "KAFKA_SASL_PASSWORD=", "KAFKA_TOPIC=elsewhere  # environment"] {
            #expect(process.output.contains(line), "\(process.output)")
        }
        #expect(process.output.contains("BRIDGE_MAX_BODY=2MiB  # flag"), "\(process.output)")
    }

    @Test(
        "config --check says what run would refuse, behind the settings, and connects to nothing",
        arguments: [
            ("zitadel-bridge", [:], nil),
            ("zitadel-bridge", ["KAFKA_NO_SUCH_THING": "hidden"], "KAFKA_NO_SUCH_THING"),
            ("zitadel-bridge", ["KAFKA_ACKS": "1"], "KAFKA_ACKS"),
            ("zitadel-bridge", ["KAFKA_SSL_CA_LOCATION": "/hidden"], "KAFKA_SSL_CA_LOCATION"),
            ("zitadel-bridge", ["BRIDGE_TLS_KEY_FILE": "/hidden"], "BRIDGE_TLS_CERTIFICATE_FILE"),
            ("zitadel-bridge", ["ZITADEL_GRPC_HOST": ""], "ZITADEL_GRPC_HOST"),
            ("zitadel-consumer", [:], nil),
            ("zitadel-consumer", ["KAFKA_ENABLE_AUTO_COMMIT": "true"], "KAFKA_ENABLE_AUTO_COMMIT"),
            ("zitadel-consumer", ["CONSUMER_LISTEN": "0.0.0.0:8095"], "CONSUMER_API_TOKEN"),
        ] as [(String, [String: String], String?)])
    func configCheck(program: String, wrong: [String: String], key: String?) async throws {
        let folder = try TemporaryFolder()
        let base =
            program == "zitadel-bridge" ? ["ZITADEL_GRPC_HOST": "http://127.0.0.1:9", "ZITADEL_SIGNING_KEY": "k"] : [:]
        let environment = base.merging(["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"]) { $1 }.merging(wrong) { $1 }
        let process = try await ProcessUnderTest.start(
            program, ["config", "--check"], environment: environment, in: folder.url)
        #expect(try await process.untilEnd() == .exited(key == nil ? 0 : 2), "\(process.log)")
        #expect(process.output.contains("KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1"))
        if let key { #expect(process.log.contains(key), "\(process.log)") }
        #expect(!process.log.contains("hidden"), "\(process.log)")
    }

    @Test("A port that is taken ends the start with 1 and a message also while Kafka is not there")
    func portTakenWithoutKafka() async throws {
        let pipeline = try await Pipeline()
        let taken = pipeline.bootstrapServers
        let process = try await ProcessUnderTest.start(
            "zitadel-consumer", ["run"],
            environment: [
                // Nobody listens there.
                "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "STATE_URL": "sqlite://\(pipeline.folder.path("state.db"))",
                "CONSUMER_OPS_LISTEN": taken, "CONSUMER_LISTEN": "127.0.0.1:0",
            ], in: pipeline.folder.url)
        #expect(try await process.untilEnd() == .exited(1))
        #expect(process.log.contains(taken) && process.log.contains("CONSUMER_OPS_LISTEN"), "\(process.log)")
    }

    @Test("A port that is taken ends the start with 1 and names address and setting")
    func portTaken() async throws {
        let pipeline = try await Pipeline()
        // The broker listens there.
        let taken = pipeline.bootstrapServers
        let servers = ["KAFKA_BOOTSTRAP_SERVERS": taken, "STATE_URL": "sqlite://\(pipeline.folder.path("state.db"))"]
        let bridge = servers.merging(Self.signed) { $1 }
            .merging(["BRIDGE_LISTEN": "127.0.0.1:0", "BRIDGE_OPS_LISTEN": "127.0.0.1:0"]) { $1 }
        let starts: [(program: String, arguments: [String], environment: [String: String], setting: String)] = [
            ("zitadel-bridge", ["run"], bridge.merging(["BRIDGE_LISTEN": taken]) { $1 }, "BRIDGE_LISTEN"),
            ("zitadel-bridge", ["run"], bridge.merging(["BRIDGE_OPS_LISTEN": taken]) { $1 }, "BRIDGE_OPS_LISTEN"),
            (
                "zitadel-consumer", ["run"],
                servers.merging(["CONSUMER_OPS_LISTEN": taken, "CONSUMER_LISTEN": "127.0.0.1:0"]) { $1 },
                "CONSUMER_OPS_LISTEN"
            ),
            (
                "zitadel-consumer", ["run"],
                servers.merging(["CONSUMER_OPS_LISTEN": "127.0.0.1:0", "CONSUMER_LISTEN": taken]) { $1 },
                "CONSUMER_LISTEN"
            ),
            ("zitadel-simulator", ["serve", "--listen", taken], [:], "--listen"),
        ]
        for start in starts {
            let process = try await ProcessUnderTest.start(
                start.program, start.arguments, environment: start.environment, in: pipeline.folder.url,
                label: start.setting)
            #expect(try await process.untilEnd() == .exited(1), "\(start.setting)")
            #expect(process.log.contains(taken) && process.log.contains(start.setting), "\(process.log)")
            #expect(process.log.contains("already in use"), "\(process.log)")
        }
    }
}
