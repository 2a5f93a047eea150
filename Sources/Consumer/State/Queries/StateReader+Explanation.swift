package import EventContract

extension StateReader {
    /// Why the user has the role on the project now, or why not; in any organization, or in the one that is named.
    ///
    /// Says yes exactly when `UserFacts.hasRole` does: these are its rules once more, with their events.
    package func explanation(
        user: UTF8Text, project: UTF8Text, role: UTF8Text, org: UTF8Text?
    ) throws(StateError) -> AccessExplanation {
        var explanation = AccessExplanation(user: .init(title: ""))
        try database.snapshot { () throws(StateError) in
            let asked = Explainer.Question(user: user, project: project, role: role, org: org)
            explanation = try Explainer(database: database, asked: asked).explanation()
        }
        return explanation
    }
}

/// Reads what one answer hangs on, inside a snapshot.
private struct Explainer {
    typealias Section = AccessExplanation.Section

    struct Question {
        let user: UTF8Text
        let project: UTF8Text
        let role: UTF8Text
        let org: UTF8Text?
    }

    /// A life and the organization it belongs to.
    private struct Owned {
        var life: LifeFacts
        var org: LifeFacts
    }

    let database: any StateDatabase
    let asked: Question

    func explanation() throws(StateError) -> AccessExplanation {
        let user = try owned("users", "user", asked.user)
        let project = try owned("projects", "project", asked.project)
        var explanation = AccessExplanation(user: section(of: user))
        let rows = try database.rows(
            """
            SELECT grant_id, \(LifeFacts.columns(hasRemovedTime: false)), org_id, project_grant_id, role_keys, \
            role_keys_seq, role_keys_time FROM user_grants WHERE user_id = $1 AND project_id = $2 ORDER BY grant_id
            """, [.text(asked.user), .text(asked.project)], size: .small)
        while try rows.step() {
            var row = RowReader(rows)
            let id = row.text()
            let grant = LifeFacts(name: "usergrant/\(id)", &row)
            let (org, through) = (row.text(), row.text())
            var section = Section(title: "grant \(id) in organization \(org)")
            add(grant, &section, user: user, project: project)
            if let wanted = asked.org {
                section.add(wanted == org, "belongs to organization \(org)", grant, grant.createdSequence, 0)
            }
            let owner = try life("organizations", "org", org)
            section.addNotEnded(by: owner, since: grant.createdTime, "is older than its organization's removal")
            section.addNotRemoved(owner, "its organization")
            section.addActive(!owner.isInactive, owner, "its organization")
            let keys = (row.text(), row.integer(), row.integer())
            try addRole(keys, grant, &section)
            if !through.isEmpty { try addProjectGrant(through, grant, project, &section) }
            explanation.grants.append(section)
        }
        return explanation
    }

    private func section(of user: Owned) -> Section {
        var section = Section(title: "user \(asked.user)")
        section.addExists(user.life)
        section.addActive(user.life.state == LifeState.active, user.life, "it")
        section.addNotEnded(
            by: user.org, since: user.life.createdTime, "was ended by the removal of its organization")
        section.addNotRemoved(user.org, "its organization")
        section.addActive(!user.org.isInactive, user.org, "its organization")
        return section
    }

    private func add(_ grant: LifeFacts, _ section: inout Section, user: Owned, project: Owned) {
        section.addExists(grant)
        section.addActive(!grant.isInactive, grant, "it")
        let since = grant.createdTime
        section.addNotEnded(by: user.life, since: since, "is older than the user's removal")
        section.addNotEnded(by: user.org, since: since, "is older than the removal of the user's organization")
        section.addNotEnded(by: project.life, since: since, "is older than the project's removal")
        section.addNotEnded(by: project.org, since: since, "is older than the removal of the project's organization")
        section.addNotRemoved(project.life, "the project")
        section.addActive(!project.life.isInactive, project.life, "the project")
        if project.life.createdSequence > 0 {
            section.addNotEnded(
                by: project.org, since: project.life.createdTime, "the project was ended with its organization")
        }
    }

    private func addRole(
        _ keys: (json: UTF8Text, sequence: Int64, time: Int64), _ grant: LifeFacts, _ section: inout Section
    ) throws(StateError) {
        let gives = RoleKeys.decode(keys.json).contains(asked.role)
        section.add(gives, gives ? "gives the role" : "does not give the role", grant, keys.sequence, keys.time)
        let rows = try database.rows(
            "SELECT removed_seq, removed_time FROM project_roles WHERE project_id = $1 AND role_key = $2",
            [.text(asked.project), .text(asked.role)], size: .small)
        guard try rows.step(), rows.integer(1) > keys.time else { return }
        section.add(
            false, "the project has removed the role since", LifeFacts(name: "project/\(asked.project)"),
            rows.integer(0), rows.integer(1))
    }

    private func addProjectGrant(
        _ id: UTF8Text, _ grant: LifeFacts, _ project: Owned, _ section: inout Section
    ) throws(StateError) {
        let rows = try database.rows(
            """
            SELECT \(LifeFacts.columns()), granted_org_id, role_keys, role_keys_seq, role_keys_time \
            FROM project_grants WHERE project_id = $1 AND grant_id = $2
            """, [.text(asked.project), .text(id)], size: .small)
        let (name, what) = ("project/\(asked.project)", "the project grant \(id)")
        guard try rows.step() else {
            return section.add(false, "\(what) has not arrived", LifeFacts(name: name), 0, 0)
        }
        var row = RowReader(rows)
        let through = LifeFacts(name: name, &row)
        let grantedOrg = try life("organizations", "org", row.text())
        let exists = through.createdSequence > max(through.removedSequence, project.life.removedSequence)
        section.add(exists, "\(what) \(exists ? "exists" : "does not exist")", through, through.createdSequence, 0)
        section.addActive(!through.isInactive, through, what)
        section.addNotEnded(by: through, since: grant.createdTime, "is older than the removal of \(what)")
        for org in [project.org, grantedOrg] {
            section.addNotEnded(by: org, since: through.createdTime, "\(what) was ended with an organization")
        }
        let gives = RoleKeys.decode(row.text()).contains(asked.role)
        section.add(
            gives, "\(what) \(gives ? "allows" : "does not allow") the role", through, row.integer(), row.integer())
    }

    private func life(_ table: String, _ type: String, _ id: UTF8Text) throws(StateError) -> LifeFacts {
        let rows = try database.rows(
            "SELECT \(LifeFacts.columns()) FROM \(table) WHERE id = $1", [.text(id)], size: .small)
        var row = RowReader(rows)
        return try rows.step() ? LifeFacts(name: "\(type)/\(id)", &row) : LifeFacts(name: "\(type)/\(id)")
    }

    private func owned(_ table: String, _ type: String, _ id: UTF8Text) throws(StateError) -> Owned {
        let life = try life(table, type, id)
        let rows = try database.rows("SELECT org_id FROM \(table) WHERE id = $1", [.text(id)], size: .small)
        let org = try rows.step() ? rows.text(0) : ""
        return Owned(life: life, org: try self.life("organizations", "org", org))
    }
}
