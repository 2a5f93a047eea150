import Foundation
import ServiceRuntime
import Testing

@Suite("Secrets in settings")
struct SecretSettingsTests {
    private static let secret = "canary-secret-5b1d"

    private func temporaryFile(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test("A secret comes from the file that X_FILE names; one line end is cut", arguments: ["", "\n", "\r\n"])
    func fromFile(end: String) throws {
        let path = try temporaryFile(Self.secret + end)
        let settings = try loadSettings(environment: ["ZITADEL_SIGNING_KEY_FILE": path])
        #expect(settings.list(.zitadelSigningKey) == [Self.secret])
        let shown = settings.effectiveValues().first { $0.name == "ZITADEL_SIGNING_KEY" }
        #expect(shown?.value == "<redacted>")
        #expect(shown?.source?.description == "environment, ZITADEL_SIGNING_KEY_FILE")
    }

    @Test("A file of a higher level wins over a value of a lower one")
    func levels() throws {
        let path = try temporaryFile(Self.secret)
        let settings = try loadSettings(
            flags: ["--zitadel-signing-key-file", path], environment: ["ZITADEL_SIGNING_KEY": "other"])
        #expect(settings.list(.zitadelSigningKey) == [Self.secret])
    }

    @Test("X and X_FILE together, an unreadable file and an empty file are faults without the value")
    func faults() throws {
        let path = try temporaryFile("\n")
        #expect(
            problems(environment: ["ZITADEL_SIGNING_KEY": Self.secret, "ZITADEL_SIGNING_KEY_FILE": "/nowhere"]) == [
                "ZITADEL_SIGNING_KEY (environment): is set together with ZITADEL_SIGNING_KEY_FILE; set one of them",
                "ZITADEL_SIGNING_KEY_FILE (environment): the file /nowhere cannot be read, or is larger than 64 KiB",
            ])
        #expect(problems(environment: ["ZITADEL_SIGNING_KEY_FILE": path]).first?.hasSuffix("is empty") == true)
    }

    @Test("A setting that is no secret has no file")
    func noFile() {
        #expect(problems(environment: ["BRIDGE_LISTEN_FILE": "/x"]).first?.contains("is not a setting") == true)
    }

    @Test("A password of librdkafka can come from a file")
    func kafkaPassword() throws {
        let settings = try loadSettings(environment: ["KAFKA_SASL_PASSWORD_FILE": try temporaryFile("pw\n")])
        #expect(settings.kafkaProperties.map(\.name) == ["sasl.password"])
        #expect(settings.kafkaProperties.map(\.value) == ["pw"])
        #expect(!"\(settings.effectiveValues())".contains("pw\""))
    }

    @Test("The URL of the state can come from a file, as it may hold a password")
    func stateURLFile() throws {
        let url = "postgresql://u:\(Self.secret)@host/db"
        let settings = try loadSettings(.consumer, environment: ["STATE_URL_FILE": try temporaryFile(url + "\n")])
        #expect(settings.string(.stateURL) == url)
        #expect(!"\(settings.effectiveValues())".contains(Self.secret))
    }

    @Test(
        "A password in the wrong place of a URL is not shown either",
        arguments: [
            "u:a/SECRET@host/db", "u:a?SECRET@host/db", "u@host/db?x=1&Password=SECRET", "u@h/d?sslpassword=SECRET",
        ])
    func misplacedPassword(_ rest: String) throws {
        let settings = try loadSettings(.consumer, environment: ["STATE_URL": "postgresql://\(rest)"])
        let shown = try #require(settings.effectiveValues().first { $0.name == "STATE_URL" }?.value)
        #expect(shown.contains("<redacted>") && !shown.contains("SECRET"))
    }

    @Test("Neither an error nor the config command shows a secret or the password of a URL")
    func neverShown() throws {
        let bad = problems(.consumer, environment: ["STATE_URL": "mysql://u:\(Self.secret)@host/db"])
        #expect(bad == ["STATE_URL (environment): is not a URL that starts with sqlite:// or postgresql://"])
        let settings = try loadSettings(.consumer, environment: ["STATE_URL": "postgresql://u:\(Self.secret)@host/db"])
        #expect(settings.string(.stateURL).contains(Self.secret))
        let shown = settings.effectiveValues().first { $0.name == "STATE_URL" }
        #expect(shown?.value == "postgresql://u:<redacted>@host/db")
        #expect(
            problems(environment: ["ZITADEL_SIGNING_KEY": ","]) == [
                "ZITADEL_SIGNING_KEY (environment): is not a comma list with at least one value"
            ])
    }
}

@Suite("Setting values")
struct SettingValueTests {
    @Test(
        "Socket addresses",
        arguments: [
            ("0.0.0.0:8094", "0.0.0.0", 8094), ("[::1]:1", "::1", 1), ("localhost:0", "localhost", 0),
        ])
    func goodAddress(text: String, host: String, port: Int) throws {
        let address = try #require(SocketAddress(text))
        #expect(address == SocketAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(
        "What is no socket address",
        arguments: ["", ":1", "a", "a:", "a:65536", "a:-1", "::1:1", "a b:1", "[]:1", "a:٣"])
    func badAddress(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test("Durations", arguments: [("500ms", nil), ("5s", 5), ("5m", 300), ("24h", 86_400)] as [(String, Int?)])
    func duration(text: String, seconds: Int?) throws {
        let found = problems(environment: ["BRIDGE_SIGNATURE_TOLERANCE": text])
        #expect(found.isEmpty == (seconds != nil))
        guard let seconds else { return }
        let settings = try loadSettings(environment: ["BRIDGE_SIGNATURE_TOLERANCE": text])
        #expect(settings.duration(.bridgeSignatureTolerance) == .seconds(seconds))
    }

    @Test("What is no duration", arguments: ["5", "5 m", "-5m", "5d", "1.5h", "m", "99999999999999999h", "0s"])
    func badDuration(text: String) {
        #expect(problems(environment: ["BRIDGE_SIGNATURE_TOLERANCE": text]).count == 1)
    }

    @Test("Sizes", arguments: [("4096", 4096), ("64KiB", 65_536), ("1MiB", 1 << 20)])
    func size(text: String, bytes: Int) throws {
        #expect(try loadSettings(environment: ["BRIDGE_MAX_BODY": text]).byteSize(.bridgeMaxBody) == bytes)
    }

    @Test("What is no size", arguments: ["1MB", "1 MiB", "-1", "1kib", "1", "999GiB", "99999999999999999999"])
    func badSize(text: String) {
        #expect(problems(environment: ["BRIDGE_MAX_BODY": text]).count == 1)
    }
}
