/// A company in about forty events: people join, get roles and groups, change, are locked, and leave.
extension Tenant {
    struct Demo: Sendable {
        var organizationID: String
        var projectID: String
        /// User name → user id, also of the user who left.
        var userIDs: [String: String]
    }

    mutating func playDemo() throws(SimulatorError) -> Demo {
        let organization = try createOrganization("Acme")
        let project = try createProject("Portal", in: organization.id)
        for (key, name) in [("viewer", "Viewer"), ("editor", "Editor"), ("admin", "Administrator")] {
            _ = try addRole(NewRole(key: key, displayName: name), to: project.id)
        }
        var ids: [String: String] = [:]
        for person in Self.people {
            var person = person
            person.org = organization.id
            ids[person.username] = try createUser(person).id
        }
        try initializeUser("margaret")
        try changeAccess(in: project.id)
        try removeUser("edsger")
        return Demo(organizationID: organization.id, projectID: project.id, userIDs: ids)
    }

    private mutating func changeAccess(in projectID: String) throws(SimulatorError) {
        var granted: [String: Grant] = [:]
        for (name, roles) in [
            ("ada", ["admin"]), ("grace", ["editor"]), ("alan", ["viewer"]), ("edsger", ["viewer", "editor"]),
            ("ci-deploy", ["editor"]),
        ] {
            granted[name] = try grantRoles(NewGrant(user: name, project: projectID, roles: roles))
        }
        try changeProfile("grace", ProfileChange(nickName: "Amazing Grace", displayName: "Rear Admiral Grace Hopper"))
        if let grant = granted["grace"] { _ = try changeRoles(grant.id, ["admin", "editor"]) }
        try change("alan", .lock)
        try change("alan", .unlock)
        try change("barbara", .deactivate)
        try setGroups("ada", ["engineering", "admins", "on-call"])
        if let grant = granted["alan"] { _ = try revokeGrant(grant.id) }
    }

    private static let people: [NewUser] = [
        NewUser(
            username: "ada", firstName: "Ada", lastName: "Lovelace", language: "en", gender: "female",
            email: "ada@acme.example", groups: ["engineering", "admins"]),
        NewUser(
            username: "grace", firstName: "Grace", lastName: "Hopper", language: "en", gender: "female",
            email: "grace@acme.example", phone: "+12025550143", groups: ["engineering"]),
        NewUser(
            username: "alan", firstName: "Alan", lastName: "Turing", language: "en", gender: "male",
            email: "alan@acme.example", groups: ["research"]),
        NewUser(
            username: "edsger", firstName: "Edsger", lastName: "Dijkstra", language: "nl", gender: "male",
            email: "edsger@acme.example", groups: ["research", "écriture & co"]),
        NewUser(
            username: "barbara", firstName: "Barbara", lastName: "Liskov", language: "en", gender: "female",
            email: "barbara@acme.example"),
        NewUser(
            username: "margaret", firstName: "Margaret", lastName: "Hamilton", language: "en", gender: "female",
            email: "margaret@acme.example", unverified: true),
        NewUser(
            username: "ci-deploy", machine: true, name: "Deployment", description: "Ships <main> & tags"),
    ]
}
