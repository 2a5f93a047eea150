import Foundation
import ServiceRuntime
import Testing

@testable import Simulator

@Suite("Tenant")
struct TenantTests {
    private static func tenant(seed: UInt64 = 1) -> Tenant {
        Tenant(seed: seed, clock: WallClock { 1_767_323_045_000_000 })
    }

    private func bodies(_ tenant: Tenant) -> [String] {
        tenant.store.events.map { $0.webhookBody(instanceID: "1") }
    }

    @Test("The same seed gives the same run, another seed another one")
    func determinism() throws {
        var (first, second, third) = (Self.tenant(), Self.tenant(), Self.tenant(seed: 2))
        _ = try (first.playDemo(), second.playDemo(), third.playDemo())
        #expect(bodies(first) == bodies(second))
        #expect(bodies(first) != bodies(third))
    }

    @Test("The demo has about forty events of many types, every sequence without gap, and ids of 18 digits")
    func demo() throws {
        var tenant = Self.tenant()
        let demo = try tenant.playDemo()
        let events = tenant.store.events
        #expect((35...45).contains(events.count))
        let types = Set(events.map(\.type))
        for type in [
            "org.added", "project.added", "project.role.added", "user.human.added", "user.machine.added",
            "user.metadata.set", "user.grant.added", "user.grant.changed", "user.grant.removed", "user.locked",
            "user.unlocked", "user.deactivated", "user.removed", "user.grant.cascade.removed",
            "user.human.profile.changed", "user.human.initialization.code.added",
        ] { #expect(types.contains(type), "\(type) is missing") }
        for (_, group) in Dictionary(grouping: events, by: { $0.aggregate.type + $0.aggregate.id }) {
            #expect(group.map(\.sequence) == Array(1...group.count))
        }
        #expect(Set(demo.userIDs.values).count == 7)
        #expect(demo.userIDs.values.allSatisfy { $0.utf8.count == 18 && $0.allSatisfy(\.isNumber) })
        #expect(throws: SimulatorError.conflict("an organization named Acme exists")) { try tenant.playDemo() }
        #expect(tenant.store.events.count == events.count)
    }

    @Test("A created person carries a hash and an invited one a code: what the bridge must withhold")
    func secrets() throws {
        var tenant = Self.tenant()
        _ = try tenant.createUser(NewUser(username: "ada", email: "ada@example.com"))
        _ = try tenant.createUser(NewUser(username: "eve", unverified: true))
        let payloads = tenant.store.events.map { $0.payload ?? "" }
        #expect(payloads.contains { $0.contains(#""encodedHash":"$argon2id$"#) })
        #expect(payloads.contains { $0.contains(#""code":{"CryptoType":0"#) })
    }

    @Test("Groups are the base64 of a JSON array", arguments: [[], ["admins"], ["a\"b", "é & co"]])
    func groups(groups: [String]) throws {
        var tenant = Self.tenant()
        let user = try tenant.createUser(NewUser(username: "ada"))
        try tenant.setGroups("ada", groups)
        struct Metadata: Decodable {
            var key: String
            var value: Data
        }
        let payload = try #require(tenant.store.events.last?.payload)
        let metadata = try JSONDecoder().decode(Metadata.self, from: Data(payload.utf8))
        #expect(metadata.key == "groups")
        #expect(try JSONDecoder().decode([String].self, from: metadata.value) == groups)
        #expect(tenant.users[user.id]?.groups == groups)
    }

    @Test("Removing a user removes the grants in the same transaction, without payload")
    func removal() throws {
        var tenant = Self.tenant()
        _ = try tenant.playDemo()
        let before = tenant.store.events.count
        try tenant.removeUser("ada")
        let events = tenant.store.events[before...]
        #expect(events.map(\.type) == ["user.removed", "user.grant.cascade.removed"])
        #expect(events.allSatisfy { $0.payload == nil })
        #expect(throws: SimulatorError.notFound("no user ada")) { try tenant.change("ada", .lock) }
    }

    @Test("What does not fit is refused and pushes nothing")
    func refusals() throws {
        var tenant = Self.tenant()
        let demo = try tenant.playDemo()
        let before = tenant.store.events.count
        let refused: [(SimulatorError, (inout Tenant) throws(SimulatorError) -> Void)] = [
            (
                .conflict("a user named ada exists"),
                { (t) throws(SimulatorError) in _ = try t.createUser(NewUser(username: "ada")) }
            ),
            (
                .invalid("username is empty"),
                { (t) throws(SimulatorError) in _ = try t.createUser(NewUser(username: "")) }
            ),
            (
                .notFound("no organization x"),
                { (t) throws(SimulatorError) in _ = try t.createUser(NewUser(username: "b", org: "x")) }
            ),
            (
                .invalid("gender is none of unspecified, female, male, diverse"),
                { (t) throws(SimulatorError) in _ = try t.createUser(NewUser(username: "b", gender: "?")) }
            ),
            (
                .invalid("no member of the profile is given"),
                { (t) throws(SimulatorError) in try t.changeProfile("ada", ProfileChange()) }
            ),
            (
                .conflict("cannot unlock ada: the state is active"),
                { (t) throws(SimulatorError) in try t.change("ada", .unlock) }
            ),
            (
                .invalid("Portal has no role root: it has viewer, editor, admin"),
                { (t) throws(SimulatorError) in
                    _ = try t.grantRoles(NewGrant(user: "barbara", project: "Portal", roles: ["root"]))
                }
            ),
            (
                .notFound("no project x"),
                { (t) throws(SimulatorError) in _ = try t.grantRoles(NewGrant(user: "ada", project: "x", roles: ["y"]))
                }
            ),
            (.notFound("no grant 1"), { (t) throws(SimulatorError) in _ = try t.revokeGrant("1") }),
            (
                .conflict("Portal has a role admin"),
                { (t) throws(SimulatorError) in _ = try t.addRole(NewRole(key: "admin"), to: demo.projectID) }
            ),
        ]
        for (error, command) in refused {
            #expect(throws: error) { try command(&tenant) }
        }
        #expect(tenant.store.events.count == before)
    }
}
