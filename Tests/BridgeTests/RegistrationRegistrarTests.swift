import Logging
import ServiceRuntime
import Synchronization
import TestSupport
import Testing
import ZitadelClient

@testable import Bridge

@Suite("Staying registered", .timeLimit(.minutes(2)))
struct RegistrationRegistrarTests {
    private let zitadel = RegistrationZitadel(knownTypes: ["user.removed", "org.removed", "user.human.added"])
    private let observed = Observed()

    private func whileRunning(
        target: TargetSpecification? = .test, instanceID: String? = nil, signingKeys: [String] = [],
        interval: Duration = .seconds(3600), _ body: (Registrar) async throws -> Void
    ) async throws {
        let registrar = Registrar(
            Registrar.Configuration(
                target: target, instanceID: instanceID, signingKeys: signingKeys, signatureTolerance: .seconds(300),
                interval: interval, backoff: Backoff(initial: .milliseconds(1), maximum: .milliseconds(2)),
                rereadInterval: .milliseconds(1), eventTypes: ["user.removed", "org.removed", "user.unknown"]),
            api: zitadel, clock: WallClock { 1_000_000 }, logger: observed.logger,
            report: { [observed] in observed.reported($0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await registrar.run() }
            try await body(registrar)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("The first time it creates a target, learns its key and tells the instance")
    func first() async throws {
        try await whileRunning { _ in
            try await eventually("registered") { observed.state?.phase == .registered }
        }
        #expect(observed.instance?.id == "290000000000000001")
        #expect(observed.keys == ["key-1"])
        #expect(await zitadel.executions == [.event("user.removed"): ["ours1"], .event("org.removed"): ["ours1"]])
        #expect(observed.messages.contains("Zitadel Actions v2 registration complete"))
        #expect(!observed.messages.contains("Reusing existing target"))
        guard case .registered(let registered) = observed.state else { return }
        #expect(registered.targetID == "ours1")
        #expect(registered.since == 1_000_000)
        #expect(registered.conditions == 2)
        #expect(registered.warnings.map(\.problem) == ["This Zitadel does not know the event types user.unknown"])
    }

    @Test("A target of our name is reused, and nothing is written when nothing differs")
    func reused() async throws {
        let target = try await zitadel.createTarget(.test)
        for type in ["user.removed", "org.removed"] { await zitadel.have(.event(type), [target.id]) }
        let writes = await zitadel.writes
        try await whileRunning { _ in
            try await eventually("registered") { observed.state?.phase == .registered }
        }
        #expect(await zitadel.writes == writes)
        #expect(observed.messages.contains("Reusing existing target"))
        #expect(observed.messages.contains("Zitadel Actions v2 registration complete"))
    }

    @Test("What others change is repaired, one line each time, and keys that they rotate are learned")
    func repaired() async throws {
        try await whileRunning(interval: .milliseconds(5)) { _ in
            try await eventually("registered") { observed.state?.phase == .registered }
            await zitadel.have(.event("user.removed"), ["foreign"])
            await zitadel.have(
                ActionTarget(id: "foreign", name: "f", kind: .restAsync, endpoint: "", timeoutMilliseconds: 1))
            try await eventually("repaired") {
                await zitadel.executions[.event("user.removed")] == ["foreign", "ours1"]
            }
            _ = try await zitadel.rotateSigningKey(ofTarget: "ours1")
            try await eventually("new key") { observed.keys == ["key-1-rotated", "key-1"] }
        }
        #expect(observed.messages.contains("Registration had been changed in Zitadel and was repaired"))
    }

    @Test("A failure is told with its fix, logged once, and tried again until it works")
    func failing() async throws {
        await zitadel.fail(.set, with: ZitadelAPIError(.refused, status: 403, code: 7, message: "no"))
        try await whileRunning { _ in
            try await eventually("three attempts") {
                if case .trying(let attempts, _) = observed.state { attempts >= 3 } else { false }
            }
            #expect(observed.keys == ["key-1"])
            guard case .trying(_, let problem) = observed.state else { return }
            #expect(problem?.problem.contains("action.execution.write") == true)
            await zitadel.fail(.set, with: nil)
            try await eventually("registered") { observed.state?.phase == .registered }
        }
        #expect(observed.messages.filter { $0 == "Zitadel was asked in vain, trying again" }.count == 1)
        #expect(await zitadel.count(of: .createTarget) == 1)
    }

    @Test("An unknown key makes it read the target, however many requests there are")
    func unknownKey() async throws {
        try await whileRunning { registrar in
            try await eventually("registered") { observed.state?.phase == .registered }
            _ = try await zitadel.rotateSigningKey(ofTarget: "ours1")
            for _ in 0..<1000 { registrar.unknownKeySeen() }
            try await eventually("new key") { observed.keys == ["key-1-rotated", "key-1"] }
            #expect(observed.newKeys == 2)
        }
        #expect(await zitadel.count(of: .targets) < 100)
    }

    @Test("A key that could not be read is asked for until it is known, without a further request, and told of once")
    func unknownKeyWhileFailing() async throws {
        try await whileRunning { registrar in
            try await eventually("registered") { observed.state?.phase == .registered }
            _ = try await zitadel.rotateSigningKey(ofTarget: "ours1")
            await zitadel.fail(.targets, with: ZitadelAPIError(.unreachable, message: "restarting"))
            let before = await zitadel.count(of: .targets)
            registrar.unknownKeySeen()
            try await eventually("three attempts") { await zitadel.count(of: .targets) >= before + 3 }
            #expect(observed.keys == ["key-1"])
            await zitadel.fail(.targets, with: nil)
            try await eventually("new key") { observed.keys == ["key-1-rotated", "key-1"] }
            #expect(observed.state?.phase == .registered)
        }
        #expect(observed.messages.filter { $0 == "The signing keys were not read, trying again" }.count == 1)
    }

    @Test("A target that was deleted is created again at the first unknown key")
    func deleted() async throws {
        try await whileRunning { registrar in
            try await eventually("registered") { observed.state?.phase == .registered }
            try await zitadel.deleteTarget(id: "ours1")
            registrar.unknownKeySeen()
            try await eventually("created again") { observed.keys == ["key-2", "key-1"] }
            try await eventually("executions") { await zitadel.executions[.event("org.removed")] == ["ours2"] }
        }
    }

    @Test("Nothing is registered at another instance than the configured one")
    func wrongInstance() async throws {
        try await whileRunning(instanceID: "other") { _ in
            try await eventually("failed") { observed.state?.phase == .failed }
        }
        #expect(await zitadel.writes == 0)
        #expect(observed.instance == nil)
    }

    @Test("The first instance is pinned: a host that serves another one later is not registered at")
    func pinned() async throws {
        try await whileRunning(interval: .milliseconds(5)) { _ in
            try await eventually("registered") { observed.state?.phase == .registered }
            await zitadel.serve(instance: "other")
            try await eventually("failed") { observed.state?.phase == .failed }
        }
        #expect(observed.instance?.id == "290000000000000001")
    }

    @Test("Without an endpoint only the instance is found out")
    func withoutEndpoint() async throws {
        await zitadel.serve(version: "v4.1.1")
        try await whileRunning(target: nil, signingKeys: ["own"]) { registrar in
            registrar.unknownKeySeen()
            try await eventually("instance") { observed.instance != nil }
        }
        #expect(observed.emptiesPayloads)
        #expect(observed.state == .withoutEndpoint)
        #expect(observed.keys == ["own"])
        #expect(Set(await zitadel.calls) == [.instance])
        #expect(
            observed.messages.contains("ZITADEL_WEBHOOK_ENDPOINT not configured — skipping Actions v2 registration"))
    }
}

/// What a registrar told and logged.
private final class Observed: Sendable {
    private struct State {
        var reports: [RegistrationReport] = []
        var messages: [String] = []
    }

    private let recorded = Mutex(State())

    func reported(_ report: RegistrationReport) { recorded.withLock { $0.reports.append(report) } }
    fileprivate func logged(_ message: String) { recorded.withLock { $0.messages.append(message) } }

    var messages: [String] { recorded.withLock { $0.messages } }
    private var reports: [RegistrationReport] { recorded.withLock { $0.reports } }

    var state: RegistrationState? {
        reports.reversed().lazy.compactMap { if case .state(let state) = $0 { state } else { nil } }.first
    }

    var keys: [String]? {
        reports.reversed().lazy.compactMap { if case .signingKeys(let keys, _) = $0 { keys } else { nil } }
            .first?.map(\.text)
    }

    var newKeys: Int {
        reports.count { if case .signingKeys(_, isNew: true) = $0 { true } else { false } }
    }

    var instance: ZitadelInstance? {
        reports.lazy.compactMap { if case .instanceKnown(let instance, _) = $0 { instance } else { nil } }.first
    }

    var emptiesPayloads: Bool {
        reports.contains { if case .instanceKnown(_, emptiesPayloads: true) = $0 { true } else { false } }
    }

    var logger: Logger {
        Logger(label: "test") { _ in RegistrationLog(observed: self) }
    }
}

private struct RegistrationLog: LogHandler {
    let observed: Observed
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { observed.logged("\(event.message)") }
}
