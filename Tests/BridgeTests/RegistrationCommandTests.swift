import ArgumentParser
import ServiceRuntime
import Testing
import ZitadelClient

@testable import Bridge

@Suite("Commands that register, unregister and rotate")
struct RegistrationCommandTests {
    private let zitadel = RegistrationZitadel(knownTypes: ["user.removed", "org.removed"])

    private var registration: Registration {
        Registration(api: zitadel, targetName: TargetSpecification.test.name)
    }

    private func register(isDryRun: Bool = false) async throws -> RegistrationOutput {
        try await registration.register(
            .test, eventTypes: ["user.removed", "org.removed"], instanceID: nil, isDryRun: isDryRun)
    }

    @Test("A dry run prints the difference and writes nothing")
    func dryRun() async throws {
        let output = try await register(isDryRun: true)
        #expect(await zitadel.writes == 0)
        #expect(
            output.text == """
                instance 290000000000000001, Zitadel v4.10.0, Actions API v2: 3 changes would be made
                + target zitadel-kafka-bridge: restWebhook to https://bridge.example/webhook/zitadel-events, \
                time-out 9000 ms
                + execution user.removed: ours
                + execution org.removed: ours

                """)
    }

    @Test("Registering twice changes nothing the second time, and shows no key")
    func twice() async throws {
        let first = try await register()
        #expect(first.changes.count == 3)
        let second = try await register()
        #expect(second.changes == [])
        #expect(second.text.hasSuffix("nothing to change\n"))
        #expect(!(first.text + first.json + second.json).contains("key-1"))
    }

    @Test("JSON has changes and warnings")
    func json() async throws {
        await zitadel.serve(version: "v4.1.0")
        let json = try await register(isDryRun: true).json
        #expect(json.hasPrefix(#"{"instance":"290000000000000001","version":"v4.1.0","flavour":"v2","dryRun":true,"#))
        #expect(json.contains(#"{"action":"create_target","name":"zitadel-kafka-bridge","endpoint":"https:"#))
        #expect(json.contains(#""warnings":[{"problem":"Zitadel 4.1.0 sends every event payload empty"#))
    }

    @Test("Unregistering without a target changes nothing; with one a dry run only shows it")
    func unregister() async throws {
        #expect(try await registration.unregister(instanceID: nil, isDryRun: false).changes == [])
        _ = try await register()
        let writes = await zitadel.writes
        #expect(try await registration.unregister(instanceID: nil, isDryRun: true).changes.count == 3)
        #expect(await zitadel.writes == writes)
        _ = try await registration.unregister(instanceID: nil, isDryRun: false)
        #expect(await zitadel.targets == [])
        #expect(await zitadel.executions == [:])
    }

    @Test("A rotation gives the target another key, a dry run does not, and no target is an error")
    func rotate() async throws {
        await #expect(throws: NoSuchTarget.self) { try await registration.rotate(instanceID: nil, isDryRun: false) }
        _ = try await register()
        #expect(try await registration.rotate(instanceID: nil, isDryRun: true).key == nil)
        #expect(await zitadel.targets.map(\.signingKey) == ["key-1"])
        #expect(try await registration.rotate(instanceID: nil, isDryRun: false).key == "key-1-rotated")
    }

    @Test("Nothing is done at another instance than ZITADEL_INSTANCE_ID")
    func wrongInstance() async throws {
        await #expect(throws: RegistrationFailure.wrongInstance(found: "290000000000000001", expected: "other")) {
            try await registration.register(.test, eventTypes: ["user.removed"], instanceID: "other", isDryRun: false)
        }
        #expect(await zitadel.writes == 0)
    }

    @Test("A type that Zitadel lists and then does not know is left out with a warning")
    func refusedType() async throws {
        await zitadel.fail(
            .set, with: ZitadelAPIError(.refused, status: 404, code: 5, id: "COMMAND-74aaqj8fv9", message: "no"))
        let output = try await register()
        #expect(
            output.warnings.map(\.problem) == ["This Zitadel does not know the event types user.removed, org.removed"])
    }

    @Test("Missing settings are named, with exit code 2")
    func settings() async {
        await expectFault(RegisterCommand.self, [], named: "ZITADEL_PAT")
        await expectFault(RegisterCommand.self, ["--zitadel-pat=x"], named: "ZITADEL_WEBHOOK_ENDPOINT")
        await expectFault(UnregisterCommand.self, [], named: "ZITADEL_PAT")
        await expectFault(KeysCommand.self, ["rotate"], named: "ZITADEL_PAT")
        await expectFault(
            KeysCommand.self, ["rotate", "--zitadel-pat=x", "--zitadel-signing-key=k"], named: "--yes")
        await expectFault(VerifyCommand.self, ["none"], named: "ZITADEL_SIGNING_KEY")
        await expectFault(VerifyCommand.self, ["/none", "--zitadel-signing-key=k"], named: "/none")
    }

    private func expectFault(
        _ command: any ParsableCommand.Type, _ arguments: [String], named: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let outcome = await CommandRunner.run(
            command, name: "zitadel-bridge", arguments: arguments + ["--zitadel-grpc-host=http://127.0.0.1:9"])
        #expect(outcome.status == 2, sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(named), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
}
