import TestSupport
import Testing

@Suite("Commands of the bridge that cannot work")
struct BridgeCommandFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        var environment: [String: String] = [:]
        var status: Int32 = 2
        let named: [String]

        var testDescription: String { "\(arguments.joined(separator: " ")) \(environment.keys.sorted())" }
    }

    private static let away = ["ZITADEL_GRPC_HOST": "http://127.0.0.1:1", "ZITADEL_PAT": "canary-token"]

    static let faults: [Fault] = [
        Fault(arguments: ["poll"], named: ["--once", "run"]),
        Fault(arguments: ["poll", "--once"], named: ["ZITADEL_GRPC_HOST", "required"]),
        Fault(
            arguments: ["poll", "--once"], environment: ["ZITADEL_GRPC_HOST": "http://127.0.0.1:1"],
            named: ["ZITADEL_PAT", "required"]),
        Fault(arguments: ["backfill"], named: ["--since"]),
        Fault(arguments: ["backfill", "--since", "yesterday"], environment: away, named: ["yesterday", "beginning"]),
        Fault(arguments: ["backfill", "--since", "beginning", "--rate", "0"], environment: away, named: ["--rate"]),
        Fault(
            arguments: ["poll", "--once"], environment: away, status: 1,
            named: ["Zitadel cannot be reached", "correct ZITADEL_GRPC_HOST"]),
        Fault(
            arguments: ["backfill", "--since", "beginning", "--dry-run"], environment: away, status: 1,
            named: ["Zitadel cannot be reached", "correct ZITADEL_GRPC_HOST"]),
        Fault(arguments: ["status", "--url", "bridge:9094"], named: ["--url", "http://"]),
        Fault(arguments: ["status"], environment: ["BRIDGE_OPS_LISTEN": "127.0.0.1:0"], named: ["BRIDGE_OPS_LISTEN"]),
    ]

    @Test("A wrong line or setting is 2, what is away is 1; both are named, with the fix", arguments: faults)
    func fault(_ fault: Fault) async throws {
        let folder = try TemporaryFolder()
        let process = try await ProcessUnderTest.start(
            "zitadel-bridge", fault.arguments, environment: fault.environment, in: folder.url)
        #expect(try await process.untilEnd() == .exited(fault.status))
        for name in fault.named { #expect(process.log.contains(name), "\(process.log)") }
        #expect(!process.log.contains("canary-token"))
    }

    @Test("A token that Zitadel does not take, and brokers that are away, end a poll with 1 and the fix")
    func refused() async throws {
        let pipeline = try await Pipeline()
        let zitadel = try await SimulatedAPI(in: pipeline)
        let settings = zitadel.settings(pipeline)
        let wrong = try await pipeline.bridge(
            ["poll", "--once"], settings.merging(["ZITADEL_PAT": "canary-token"]) { $1 }, exits: 1)
        #expect(wrong.log.contains("ZITADEL_PAT") && !wrong.log.contains("canary-token"), "\(wrong.log)")
        let away = try await pipeline.bridge(
            ["poll", "--once"], settings.merging(["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"]) { $1 }, exits: 1)
        #expect(away.log.contains("correct KAFKA_BOOTSTRAP_SERVERS"), "\(away.log)")
        let doctor = try await pipeline.bridge(
            ["doctor"], ["ZITADEL_GRPC_HOST": "http://127.0.0.1:1", "ZITADEL_PAT": "canary-token"], exits: 1)
        #expect(doctor.output.contains("fail  zitadel") && doctor.output.contains("      fix: "), "\(doctor.output)")
    }
}
