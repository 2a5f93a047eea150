import ServiceRuntime
import Testing
import ZitadelClient

@testable import Bridge

@Suite("What registration changes")
struct RegistrationPlanTests {
    private static let ours = ActionTarget(
        id: "1", name: TargetSpecification.test.name, kind: .restWebhook(interruptOnError: false),
        endpoint: TargetSpecification.test.endpoint, timeoutMilliseconds: 9000, signingKey: "key")

    private func plan(
        _ targets: [ActionTarget], _ executions: [EventExecution] = [],
        knowing known: [String] = ["user.removed", "org.removed"], version: ZitadelVersion? = nil
    ) -> RegistrationPlan {
        RegistrationPlan(
            .test, eventTypes: ["user.removed", "org.removed"],
            at: RegistrationSnapshot(knownTypes: known, targets: targets, executions: executions, version: version))
    }

    @Test("The first time, the target is created before it is put into executions")
    func first() {
        let lines = plan([]).changes.map(\.description)
        #expect(
            lines == [
                "+ target zitadel-kafka-bridge: restWebhook to https://bridge.example/webhook/zitadel-events, "
                    + "time-out 9000 ms",
                "+ execution user.removed: ours", "+ execution org.removed: ours",
            ])
    }

    @Test("A list of others keeps its order, a silenced one is carried over, a correct one stays")
    func merged() {
        let lines = plan(
            [Self.ours],
            [
                EventExecution(condition: .event("user.removed"), targets: ["9", "8"]),
                EventExecution(condition: .all, targets: ["7"]),
            ]
        ).changes.map(\.description)
        #expect(
            lines == [
                "~ execution user.removed: ours behind 9, 8",
                "+ execution org.removed: ours behind 7, carried over from all events",
            ])
        #expect(plan([Self.ours], [.init(condition: .event("user.removed"), targets: ["1"])]).changes.count == 1)
    }

    @Test("Whatever differs of the target is repaired, and nothing else")
    func repaired() {
        var target = Self.ours
        target.endpoint = "https://old.example"
        target.kind = .restAsync
        target.timeoutMilliseconds = 30_000
        target.payloadType = "PAYLOAD_TYPE_JWT"
        target.signingKey = ""
        let lines = plan([target]).changes.prefix(2).map(\.description)
        #expect(
            lines == [
                "~ target zitadel-kafka-bridge (1): endpoint https://old.example -> "
                    + "https://bridge.example/webhook/zitadel-events, type restAsync -> restWebhook, "
                    + "timeout 30000 ms -> 9000 ms, payloadType PAYLOAD_TYPE_JWT -> PAYLOAD_TYPE_JSON",
                "~ target 1: a signing key, so that its calls are signed",
            ])
        target = Self.ours
        target.payloadType = "PAYLOAD_TYPE_JSON"
        #expect(!plan([target]).changes.contains { if case .repairTarget = $0 { true } else { false } })
    }

    @Test("What may be on purpose is a warning")
    func warned() {
        var second = Self.ours
        second.id = "2"
        let warnings = plan(
            [second, Self.ours],
            [
                EventExecution(condition: .event("user.removed"), targets: ["9", "1"]),
                EventExecution(condition: .group("user"), targets: ["9", "8", "1"]),
            ],
            knowing: ["user.removed"]
        ).warnings
        #expect(
            warnings == [
                .moreThanOneTarget(name: TargetSpecification.test.name, ids: ["1", "2"]),
                .broadExecution(.group("user")),
                .shadowed(targets: ["8"], of: .group("user"), by: ["user.removed"]),
                .unknownTypes(["org.removed"]),
            ])
    }

    @Test("From 4.7.1 on an exact execution is broader than a longer type")
    func rawPrefixes() {
        let executions = [EventExecution(condition: .event("org"), targets: ["5"])]
        let before = plan([Self.ours], executions, version: ZitadelVersion(4, 7, 0)).changes.map(\.description)
        let since = plan([Self.ours], executions, version: ZitadelVersion(4, 7, 1)).changes.map(\.description)
        #expect(before.last == "+ execution org.removed: ours")
        #expect(since.last == "+ execution org.removed: ours behind 5, carried over from org")
    }

    @Test("Unregistering leaves a list that others have changed since")
    func unregistered() {
        let changes = UnregistrationPlan(
            at: RegistrationSnapshot(
                knownTypes: [], targets: [Self.ours],
                executions: [
                    EventExecution(condition: .event("user.removed"), targets: ["9", "1", "8"]),
                    EventExecution(condition: .event("org.removed"), targets: ["7", "1"]),
                    EventExecution(condition: .event("org.added"), targets: ["7"]),
                    EventExecution(condition: .all, targets: ["7"]),
                ], version: nil)
        ).changes
        #expect(
            changes.map(\.description) == [
                "- execution org.removed", "~ execution user.removed: without ours, keeps 9, 8",
                "- target zitadel-kafka-bridge (1)",
            ])
    }

    @Test("Changes as JSON name the action, ids and lists")
    func json() {
        var output = JSONOutput()
        plan([Self.ours], [EventExecution(condition: .all, targets: ["7"])]).changes[0].write(to: &output)
        #expect(
            output.text
                == #"{"action":"add_to_execution","execution":"event/user.removed","kept":[],"carriedOver":["7"]}"#)
    }
}
