import EventContract
import TestSupport

/// A history in which everything happens, in any order, and often at the same second: few ids, so that facts meet.
struct RandomHistory {
    private(set) var events: [CanonicalEvent] = []
    private var sequences: [String: Int] = [:]
    private var generator: SeededGenerator

    init(seed: UInt64, count: Int) throws {
        generator = SeededGenerator(seed: seed)
        // Half of the histories begin with what makes access possible; the others with chance alone.
        if seed % 2 == 0 {
            for user in ["u1", "u2"] { try add("user", user, "user.human.added", [("userName", "\"n\"")]) }
            try add("project", "p1", "project.added", [("name", "\"n\"")])
            try add("project", "p1", "project.grant.added", projectGrant("pg1") + roleKeys())
            for id in ["g1", "g2"] { try add("usergrant", id, "user.grant.added", grant(id) + roleKeys()) }
        }
        while events.count < count { try addAny() }
    }

    private mutating func addAny() throws {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4: try addUserEvent()
        case 4..<6: try addGrantEvent()
        case 6: try addOrganizationEvent()
        default: try addProjectEvent()
        }
    }

    private mutating func addUserEvent() throws {
        let value = text()
        let (type, members): (String, [EventMaker.Member]) = pick([
            ("human.added", [("userName", value), ("firstName", value), ("email", value), ("phone", value)]),
            ("human.added", [("userName", value), ("gender", "2")]),
            ("machine.added", [("userName", value), ("description", value)]),
            ("human.profile.changed", [("lastName", value), ("nickName", "\"\"")]),
            ("human.profile.changed", [("firstName", value)]), ("machine.changed", [("name", value)]),
            ("human.email.changed", [("email", value)]), ("human.email.verified", []),
            ("human.phone.changed", [("phone", value)]), ("human.phone.removed", []), ("human.phone.verified", []),
            ("human.initialization.code.added", []), ("human.initialization.check.succeeded", []),
            ("username.changed", [("userName", value)]), ("locked", []), ("unlocked", []), ("deactivated", []),
            ("reactivated", []), ("removed", []), ("metadata.set", [("key", key()), ("value", value)]),
            ("metadata.set", [("key", key()), ("value", value)]), ("metadata.removed", [("key", key())]),
            ("metadata.removed.all", []),
        ])
        try add("user", pick(["u1", "u2", "u3"]), "user.\(type)", members)
    }

    private mutating func addGrantEvent() throws {
        let id = pick(["g1", "g2", "g3", "g4", "g5"])
        let user = Self.user(of: id)
        let (type, members): (String, [EventMaker.Member]) = pick([
            ("added", grant(id) + roleKeys()), ("added", grant(id) + roleKeys()), ("changed", user + roleKeys()),
            ("changed", user + roleKeys()), ("removed", user), ("deactivated", user), ("reactivated", user),
        ])
        try add("usergrant", id, "user.grant.\(type)", members)
    }

    private mutating func addOrganizationEvent() throws {
        // What ends access for good is rare, or hardly any history would have some at its end.
        let isEnd = Int.random(in: 0..<5, using: &generator) == 0
        let type = isEnd ? pick(["deactivated", "removed"]) : pick(["added", "changed", "reactivated"])
        try add("org", pick(["o1", "o2", "o3"]), "org.\(type)", [("name", text())])
    }

    private mutating func addProjectEvent() throws {
        let id = pick(["pg1", "pg2"])
        let (type, members): (String, [EventMaker.Member]) = pick([
            ("added", [("name", text())]), ("changed", [("name", text())]), ("reactivated", []), ("reactivated", []),
            pick([("removed", []), ("deactivated", []), ("reactivated", [])]), ("role.added", [("key", role())]),
            ("role.removed", [("key", role())]),
            ("grant.added", projectGrant(id) + roleKeys()), ("grant.added", projectGrant(id) + roleKeys()),
            ("grant.changed", projectGrant(id) + roleKeys()), ("grant.removed", projectGrant(id)),
            ("grant.deactivated", projectGrant(id)), ("grant.reactivated", projectGrant(id)),
        ])
        try add("project", pick(["p1", "p2"]), "project.\(type)", members)
    }

    private mutating func add(_ aggregate: String, _ id: String, _ type: String, _ members: [EventMaker.Member]) throws
    {
        let sequence = sequences["\(aggregate)/\(id)", default: 0] + Int.random(in: 1...2, using: &generator)
        sequences["\(aggregate)/\(id)"] = sequence
        // Time mostly runs with the events, but commits overtake each other, also inside an aggregate.
        let second = max(0, events.count / 3 + Int.random(in: -2...2, using: &generator))
        let owner = aggregate == "org" ? id : pick(["o1", "o1", "o2", "o3"])
        events.append(
            try EventMaker.event(type, of: aggregate, id, sequence, at: second, in: owner, members))
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &generator)]
    }

    private mutating func text() -> String { "\"v\(Int.random(in: 0..<100, using: &generator))\"" }

    private mutating func key() -> String { pick(["\"k1\"", "\"k2\"", "\"e\u{301}\"", "\"\u{e9}\""]) }

    private mutating func role() -> String { pick(["\"a\"", "\"b\"", "\"r\u{f4}\"", "\"ro\u{302}\""]) }

    private mutating func roleKeys() -> [EventMaker.Member] {
        let count = Int.random(in: 0...4, using: &generator)
        var keys: [String] = []
        for _ in 0..<count { keys.append(role()) }
        return [("roleKeys", "[\(keys.joined(separator: ","))]")]
    }

    private mutating func grant(_ id: String) -> [EventMaker.Member] {
        Self.user(of: id) + [("projectId", pick(["\"p1\"", "\"p2\""]))]
            + pick([[], [], [("grantId", "\"pg1\"")], [("grantId", "\"pg2\"")]])
    }

    private mutating func projectGrant(_ id: String) -> [EventMaker.Member] {
        [("grantId", "\"\(id)\""), ("grantedOrgId", pick(["\"o1\"", "\"o2\""]))]
    }

    /// A grant belongs to one user for good.
    private static func user(of grant: String) -> [EventMaker.Member] {
        [("userId", ["g1": "\"u1\"", "g2": "\"u2\"", "g3": "\"u1\"", "g4": "\"u3\""][grant] ?? "\"u2\"")]
    }
}
