/// What a person gives to grant roles.
struct NewGrant: Codable, Sendable {
    /// Id or name.
    var user: String
    /// Id or name.
    var project: String
    var roles: [String]
}

/// A role of a project.
struct NewRole: Codable, Sendable {
    var key: String
    var displayName: String?
    var group: String?
}

/// Organizations, projects, roles and grants.
extension Tenant {
    mutating func createOrganization(_ name: String) throws(SimulatorError) -> Organization {
        guard !name.isEmpty else { throw .invalid("name is empty") }
        guard !organizations.values.contains(where: { $0.name == name }) else {
            throw .conflict("an organization named \(name) exists")
        }
        let organization = Organization(id: newID(), name: name)
        let domain = GoJSON.object { json in
            json.member("domain", name.lowercased().split(separator: " ").joined(separator: "-") + ".localhost")
        }
        let aggregate = organization.aggregate
        try push(
            NewEvent(aggregate: aggregate, type: "org.added", payload: GoJSON.object { $0.member("name", name) }),
            NewEvent(aggregate: aggregate, type: "org.domain.added", payload: domain),
            NewEvent(aggregate: aggregate, type: "org.domain.verified", payload: domain),
            NewEvent(aggregate: aggregate, type: "org.domain.primary.set", payload: domain))
        organizations[organization.id] = organization
        return organization
    }

    mutating func createProject(_ name: String, in reference: String?) throws(SimulatorError) -> Project {
        guard !name.isEmpty else { throw .invalid("name is empty") }
        guard !projects.values.contains(where: { $0.name == name }) else {
            throw .conflict("a project named \(name) exists")
        }
        let project = Project(id: newID(), organizationID: try organization(reference).id, name: name)
        let payload = GoJSON.object { $0.member("name", name) }
        try push(NewEvent(aggregate: project.aggregate, type: "project.added", payload: payload))
        projects[project.id] = project
        return project
    }

    mutating func addRole(_ role: NewRole, to reference: String) throws(SimulatorError) -> Project {
        guard !role.key.isEmpty else { throw .invalid("key is empty") }
        let project = try project(reference)
        guard !project.roleKeys.contains(role.key) else {
            throw .conflict("\(project.name) has a role \(role.key)")
        }
        let payload = GoJSON.object { json in
            json.member("key", role.key)
            json.memberUnlessEmpty("displayName", role.displayName ?? "")
            json.memberUnlessEmpty("group", role.group ?? "")
        }
        try push(NewEvent(aggregate: project.aggregate, type: "project.role.added", payload: payload))
        projects[project.id]?.roleKeys.append(role.key)
        return project
    }

    mutating func grantRoles(_ new: NewGrant) throws(SimulatorError) -> Grant {
        let user = try user(new.user)
        let project = try project(new.project)
        try requireRoles(new.roles, of: project)
        if let grant = grants.values.first(where: { $0.userID == user.id && $0.projectID == project.id }) {
            throw .conflict("\(user.username) has grant \(grant.id) on \(project.name): change its roles")
        }
        let grant = Grant(
            id: newID(), organizationID: project.organizationID, userID: user.id, projectID: project.id,
            roleKeys: new.roles)
        let payload = GoJSON.object { json in
            json.member("userId", user.id)
            json.member("projectId", project.id)
            json.member("roleKeys", new.roles)
        }
        try push(NewEvent(aggregate: grant.aggregate, type: "user.grant.added", payload: payload))
        grants[grant.id] = grant
        return grant
    }

    mutating func changeRoles(_ grantID: String, _ roles: [String]) throws(SimulatorError) -> Grant {
        let grant = try grant(grantID)
        try requireRoles(roles, of: try project(grant.projectID))
        guard Set(roles) != Set(grant.roleKeys) else { throw .conflict("grant \(grantID) has these roles") }
        let payload = GoJSON.object { json in
            json.member("userId", grant.userID)
            json.member("roleKeys", roles)
        }
        try push(NewEvent(aggregate: grant.aggregate, type: "user.grant.changed", payload: payload))
        grants[grantID]?.roleKeys = roles
        return grant
    }

    mutating func revokeGrant(_ grantID: String) throws(SimulatorError) -> Grant {
        let grant = try grant(grantID)
        let payload = GoJSON.object { json in
            json.member("userId", grant.userID)
            json.member("projectId", grant.projectID)
        }
        try push(NewEvent(aggregate: grant.aggregate, type: "user.grant.removed", payload: payload))
        grants[grantID] = nil
        return grant
    }

    /// An organization by id or name; without a reference the oldest, made when there is none.
    mutating func organization(_ reference: String?) throws(SimulatorError) -> Organization {
        guard let reference else {
            if let oldest = organizations.values.min(by: { $0.id < $1.id }) { return oldest }
            return try createOrganization("Demo")
        }
        guard
            let organization = organizations[reference]
                ?? organizations.values.first(where: { $0.name == reference })
        else { throw .notFound("no organization \(reference)") }
        return organization
    }

    private func project(_ reference: String) throws(SimulatorError) -> Project {
        guard let project = projects[reference] ?? projects.values.first(where: { $0.name == reference }) else {
            throw .notFound("no project \(reference)")
        }
        return project
    }

    private func grant(_ id: String) throws(SimulatorError) -> Grant {
        guard let grant = grants[id] else { throw .notFound("no grant \(id)") }
        return grant
    }

    private func requireRoles(_ roles: [String], of project: Project) throws(SimulatorError) {
        guard !roles.isEmpty else { throw .invalid("no role is given") }
        for role in roles where !project.roleKeys.contains(role) {
            throw .invalid("\(project.name) has no role \(role): it has \(project.roleKeys.joined(separator: ", "))")
        }
    }
}
