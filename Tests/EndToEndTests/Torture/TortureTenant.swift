import EventContract
import TestSupport

/// One organization with its users, projects and grants, and what happens to them: everything the state knows.
///
/// Ids are of this tenant alone, but for the organization that a project grant names.
struct TortureTenant {
    /// In the order of each aggregate's sequences.
    private(set) var records: [TopicWriter.Record] = []
    private let number: Int
    private var sequences: [String: Int] = [:]

    private static let users = 0..<8
    private static let projects = 0..<2
    private static let grants = 0..<10
    private static let randomEvents = 70

    init(number: Int, using generator: inout SeededGenerator) {
        self.number = number
        organization("org.added", "created", "\"name\":\"org \(number)\"")
        for project in Self.projects {
            self.project(project, "project.added", "project.created", "\"name\":\"project \(project)\"")
            for role in ["admin", "viewer"] {
                self.project(project, "project.role.added", "project.role.added", label(role))
            }
            self.project(project, "project.grant.added", "project.grant.added", projectGrant(project, ["viewer"]))
        }
        for user in Self.users { create(user) }
        for grant in Self.grants { add(grant, using: &generator) }
        for _ in 0..<Self.randomEvents { addAny(using: &generator) }
    }

    private mutating func addAny(using generator: inout SeededGenerator) {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<12: changeUser(Int.random(in: Self.users, using: &generator), using: &generator)
        case 12..<16: changeGrant(Int.random(in: Self.grants, using: &generator), using: &generator)
        case 16..<19: changeProject(Int.random(in: Self.projects, using: &generator), using: &generator)
        default: changeOrganization(using: &generator)
        }
    }

    private mutating func changeUser(_ number: Int, using generator: inout SeededGenerator) {
        let chance = Int.random(in: 0..<1000, using: &generator)
        switch Int.random(in: 0..<16, using: &generator) {
        case 0: user(number, "user.human.profile.changed", "profile.updated", "\"firstName\":\"Ada \(chance)\"")
        case 1: user(number, "user.human.email.changed", "email.changed", "\"email\":\"a\(chance)@example.com\"")
        case 2: user(number, "user.human.email.verified", "email.verified")
        case 3: user(number, "user.human.phone.changed", "phone.changed", "\"phone\":\"+41\(chance)\"")
        case 4: user(number, "user.human.phone.removed", "phone.removed")
        case 5: user(number, "user.username.changed", "username.changed", "\"username\":\"name-\(chance)\"")
        case 6: user(number, "user.locked", "locked")
        case 7: user(number, "user.unlocked", "unlocked")
        case 8: user(number, "user.deactivated", "deactivated")
        case 9: user(number, "user.reactivated", "reactivated")
        case 10, 11: user(number, "user.metadata.set", "metadata.set", "\"key\":\"k\(chance % 3)\",\"value\":\"dg==\"")
        case 12:
            user(number, "user.metadata.set", "metadata.set", "\"key\":\"groups\",\"value\":\"WyJhZG1pbnMiXQ==\"")
        case 13: user(number, "user.metadata.removed", "metadata.removed", "\"key\":\"k\(chance % 3)\"")
        case 14: user(number, "user.metadata.removed.all", "metadata.cleared")
        default:
            user(number, "user.removed", "removed")
            if chance % 2 == 0 { create(number) }
        }
    }

    private mutating func changeGrant(_ number: Int, using generator: inout SeededGenerator) {
        let user = "\"userId\":\"\(userID(ofGrant: number))\""
        let roles = ["[]", "[\"viewer\"]", "[\"viewer\",\"admin\"]"].randomElement(using: &generator) ?? "[]"
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: grant(number, "user.grant.removed", "removed", "\(user),\"cascade\":false")
        case 1: grant(number, "user.grant.deactivated", "deactivated", user)
        case 2: grant(number, "user.grant.reactivated", "reactivated", user)
        case 3: add(number, using: &generator)
        default: grant(number, "user.grant.changed", "changed", "\(user),\"roleKeys\":\(roles),\"cascade\":false")
        }
    }

    private mutating func changeProject(_ number: Int, using generator: inout SeededGenerator) {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: project(number, "project.changed", "project.updated", "\"name\":\"renamed\"")
        case 1: project(number, "project.deactivated", "project.deactivated")
        case 2: project(number, "project.reactivated", "project.reactivated")
        case 3: project(number, "project.role.removed", "project.role.removed", "\"key\":\"admin\"")
        case 4: project(number, "project.role.added", "project.role.added", label("admin"))
        case 5: project(number, "project.grant.removed", "project.grant.removed", projectGrantID(number))
        default:
            project(number, "project.grant.added", "project.grant.added", projectGrant(number, ["viewer", "admin"]))
        }
    }

    private mutating func changeOrganization(using generator: inout SeededGenerator) {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: organization("org.deactivated", "deactivated")
        case 1: organization("org.removed", "removed")
        case 2: organization("org.domain.primary.set", "domain.primary.set", "\"domain\":\"\(number).example.com\"")
        case 3: organization("org.changed", "updated", "\"name\":\"renamed\"")
        default: organization("org.reactivated", "reactivated")
        }
    }

    private mutating func create(_ number: Int) {
        guard number % 4 > 0 else {
            return user(
                number, "user.machine.added", "created",
                "\"kind\":\"machine\",\"selfRegistered\":false,\"username\":\"robot\",\"name\":\"Robot\"")
        }
        user(
            number, "user.human.added", "created",
            """
            "kind":"human","selfRegistered":false,"username":"ada-\(number)","firstName":"Ada","lastName":"Lovelace",\
            "displayName":"Ada Lovelace","preferredLanguage":"en","gender":"female","email":"ada@example.com"
            """)
    }

    private mutating func add(_ number: Int, using generator: inout SeededGenerator) {
        let project = Int.random(in: Self.projects, using: &generator)
        let through = number % 3 == 0 ? ",\(projectGrantID(project))" : ""
        grant(
            number, "user.grant.added", "added",
            """
            "userId":"\(userID(ofGrant: number))","projectId":"\(projectID(project))"\(through),\
            "roleKeys":["viewer","admin"]
            """)
    }

    // MARK: ids and records

    private var organizationID: String { "3000000000\(10_000 + number)" }
    private func projectID(_ project: Int) -> String { "33000000\(10_000 + number)0\(project)" }
    private func projectGrantID(_ project: Int) -> String {
        "\"projectGrantId\":\"34000000\(10_000 + number)0\(project)\""
    }
    private func userID(_ user: Int) -> String { "31000000\(10_000 + number)0\(user)" }
    private func userID(ofGrant grant: Int) -> String { userID(grant % Self.users.count) }

    private func label(_ role: String) -> String { "\"key\":\"\(role)\",\"displayName\":\"\(role)\",\"group\":\"\"" }

    private func projectGrant(_ project: Int, _ roles: [String]) -> String {
        let keys = roles.map { "\"\($0)\"" }.joined(separator: ",")
        return "\(projectGrantID(project)),\"grantedOrgId\":\"\(organizationID)\",\"roleKeys\":[\(keys)]"
    }

    private mutating func user(_ user: Int, _ source: String, _ type: String, _ payload: String = "") {
        write("user", userID(user), subject: userID(user), source, "user.\(type)", payload)
    }

    private mutating func grant(_ grant: Int, _ source: String, _ type: String, _ payload: String) {
        let id = "32000000\(10_000 + number)0\(grant)"
        write("usergrant", id, subject: userID(ofGrant: grant), source, "user.grant.\(type)", payload)
    }

    private mutating func organization(_ source: String, _ type: String, _ payload: String = "") {
        write("org", organizationID, subject: organizationID, source, "org.\(type)", payload)
    }

    private mutating func project(_ project: Int, _ source: String, _ type: String, _ payload: String = "") {
        write("project", projectID(project), subject: projectID(project), source, type, payload)
    }

    private mutating func write(
        _ aggregate: String, _ id: String, subject: String, _ source: String, _ type: String, _ payload: String
    ) {
        let sequence = (sequences[id] ?? 0) + 1
        sequences[id] = sequence
        // Many events of one microsecond, so that ties across aggregates are decided too.
        let microseconds = 1_767_323_045_000_000 + Int64(records.count / 4)
        var time: [UInt8] = []
        EventTime(microsecondsSinceEpoch: microseconds)?.write(to: &time)
        let value = """
            {"specversion":"1.0","id":"\(aggregate)/\(id)/\(sequence)",\
            "source":"urn:zitadel:instance:\(Pipeline.instance)","type":"zitadel.\(type)","subject":"\(subject)",\
            "time":"\(String(decoding: time, as: UTF8.self))","datacontenttype":"application/json",\
            "dataschema":"urn:zitadel-kafka-bridge:event:v1","partitionkey":"\(subject)","data":{"event":"\(source)",\
            "aggregate":{"type":"\(aggregate)","id":"\(id)","sequence":\(sequence),\
            "resourceOwner":"\(organizationID)"},"payload":{\(payload)}}}
            """
        records.append(TopicWriter.Record(key: Array(subject.utf8), value: Array(value.utf8)))
    }
}
