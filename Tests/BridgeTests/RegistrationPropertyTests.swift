import TestSupport
import Testing
import ZitadelClient

@testable import Bridge

/// Random executions of others, applied on the fake through the API: nobody is silenced, at no moment.
@Suite("Registration beside others, at random")
struct RegistrationPropertyTests {
    private static let knownTypes = [
        "user.human.added", "user.human.email.changed", "user.metadata.removed", "user.metadata.removed.all",
        "user.metadata.removed.some", "user.metadata.set", "user.grant.added", "user.removed", "user.token.added",
        "org.added", "org.removed", "org.removed.later", "project.role.added",
    ]
    private static let wanted = [
        "user.human.added", "user.metadata.removed", "user.metadata.removed.all", "user.grant.added", "user.removed",
        "org.added", "org.removed", "user.unknown",
    ]
    private static let groups = ["user", "user.human", "user.metadata", "user.metadata.removed", "user.grant", "org"]

    @Test("Every target that was called for an event still is, in the same order", arguments: 0..<150)
    func nobodyIsSilenced(seed: UInt64) async throws {
        let world = try await World(seed: seed)
        let before = await world.foreign()
        let plan = try await world.plan()
        let snapshot = try await world.snapshot()
        for change in plan.changes where change.isOfTarget { try await world.apply([change], snapshot) }
        let ours = try await world.snapshot()
        for change in plan.changes where !change.isOfTarget {
            try await world.apply([change], ours)
            #expect(await world.foreign() == before, "seed \(seed), after \(change)")
        }
        for type in Self.wanted where Self.knownTypes.contains(type) {
            #expect(await world.calls(ours.ourTarget?.id, for: type), "seed \(seed): ours is not called for \(type)")
        }
    }

    @Test("What is registered needs no change", arguments: 0..<50)
    func idempotent(seed: UInt64) async throws {
        let world = try await World(seed: seed)
        try await world.register()
        #expect(try await world.plan().changes == [])
    }

    @Test("Registering what lost its ours again silences nobody", arguments: 0..<50)
    func repaired(seed: UInt64) async throws {
        let world = try await World(seed: seed)
        try await world.register()
        await world.zitadel.have(.event("user.removed"), ["f1"])
        await world.zitadel.have(.event("org.removed"), [])
        let before = await world.foreign()
        try await world.register()
        #expect(await world.foreign() == before, "seed \(seed)")
        #expect(try await world.plan().changes == [])
    }

    @Test("Unregistering gives back exactly what was called before", arguments: 0..<150)
    func unregistered(seed: UInt64) async throws {
        let world = try await World(seed: seed)
        let before = await world.called()
        let foreign = await world.foreign()
        try await world.register()
        let snapshot = try await world.snapshot()
        for change in UnregistrationPlan(at: snapshot).changes {
            try await world.apply([change], snapshot)
            #expect(await world.foreign() == foreign, "seed \(seed), after \(change)")
        }
        #expect(await world.called() == before, "seed \(seed)")
        #expect(await world.zitadel.targets.map(\.name).contains(TargetSpecification.test.name) == false)
        #expect(UnregistrationPlan(at: try await world.snapshot()).changes == [])
    }

    /// A Zitadel in which others have registered.
    private struct World {
        let zitadel = RegistrationZitadel(knownTypes: RegistrationPropertyTests.knownTypes)
        let version: String
        private let registration: Registration

        init(seed: UInt64) async throws {
            var random = SeededGenerator(seed: seed)
            version = ["4.7.0", "4.7.1", "dev"][Int(seed % 3)]
            registration = Registration(api: zitadel, targetName: TargetSpecification.test.name)
            await zitadel.serve(version: version)
            let foreign = ["f1", "f2", "f3"]
            for id in foreign {
                await zitadel.have(
                    ActionTarget(id: id, name: id, kind: .restAsync, endpoint: "https://\(id)", timeoutMilliseconds: 1))
            }
            let conditions =
                RegistrationPropertyTests.knownTypes.map { EventCondition.event($0) }
                + RegistrationPropertyTests.groups.map { .group($0) } + [.all]
            for condition in conditions where Int.random(in: 0..<3, using: &random) == 0 {
                let count = Int.random(in: 1...3, using: &random)
                await zitadel.have(condition, Array(foreign.shuffled(using: &random).prefix(count)))
            }
        }

        func snapshot() async throws -> RegistrationSnapshot {
            let instance = try await registration.instance(expected: nil)
            return try await registration.snapshot(of: instance, targets: try await registration.targets())
        }

        func plan() async throws -> RegistrationPlan {
            RegistrationPlan(.test, eventTypes: RegistrationPropertyTests.wanted, at: try await snapshot())
        }

        func apply(_ changes: [RegistrationChange], _ snapshot: RegistrationSnapshot) async throws {
            _ = try await registration.apply(changes, ours: snapshot.ourTarget)
        }

        func register() async throws {
            try await apply(try await plan().changes, try await snapshot())
        }

        /// The targets called for each known type.
        func called() async -> [[String]] {
            var called: [[String]] = []
            for type in RegistrationPropertyTests.knownTypes {
                called.append(await zitadel.firing(for: type, rawPrefixes: version != "4.7.0"))
            }
            return called
        }

        /// The same without ours.
        func foreign() async -> [[String]] { await called().map { $0.filter { !$0.hasPrefix("ours") } } }

        func calls(_ id: String?, for type: String) async -> Bool {
            let called = await zitadel.firing(for: type, rawPrefixes: version != "4.7.0")
            return id.map { called.contains($0) } ?? false
        }
    }
}

extension RegistrationChange {
    fileprivate var isOfTarget: Bool {
        switch self {
        case .createTarget, .repairTarget, .addSigningKey, .deleteTarget: true
        case .addTo, .removeFrom: false
        }
    }
}
