package import EventContract

/// What a user may do on one project, inside one organization.
package struct AccessEntry: Equatable, Sendable {
    package let orgID: UTF8Text
    package let projectID: UTF8Text
    /// Sorted by UTF-8 bytes, without doubles, never empty.
    package fileprivate(set) var roleKeys: [UTF8Text]
}

extension UserFacts {
    /// The role keys that count now, sorted by organization and project.
    ///
    /// - Precondition: the user is visible.
    package var access: [AccessEntry] {
        guard mayHaveAccess else { return [] }
        var entries: [AccessEntry] = []
        for grant in visibleGrants where gives(grant) {
            let keys = grant.effectiveRoleKeys
            if keys.isEmpty { continue }
            if let known = entries.firstIndex(where: {
                $0.orgID == grant.orgID && $0.projectID == grant.projectID
            }) {
                entries[known].roleKeys += keys
            } else {
                entries.append(AccessEntry(orgID: grant.orgID, projectID: grant.projectID, roleKeys: keys))
            }
        }
        for index in entries.indices { entries[index].roleKeys = Array(Set(entries[index].roleKeys)).sorted() }
        return entries.sorted { ($0.orgID, $0.projectID) < ($1.orgID, $1.projectID) }
    }

    /// Whether the user is one that can have access at all.
    var mayHaveAccess: Bool { state == LifeState.active && organization.isUsable }

    /// Whether everything the grant hangs on is there, active, and not removed since the grant was added.
    func gives(_ grant: GrantFacts) -> Bool {
        let ended = max(organization.removedTime, grant.organization.removedTime, grant.project.endedTime)
        guard !grant.isInactive, grant.organization.isUsable, grant.project.isUsable, ended <= grant.createdTime
        else { return false }
        return grant.projectGrantID.isEmpty
            || grant.projectGrant.isUsable(in: grant.project) && grant.projectGrant.removedTime <= grant.createdTime
    }
}

extension GrantFacts {
    /// The grant's role keys, without those removed since, and as far as the project grant allows them.
    fileprivate var effectiveRoleKeys: [UTF8Text] { RoleKeys.decode(roleKeys).filter(allows) }

    /// Whether `key` is one of `effectiveRoleKeys`.
    func gives(_ key: UTF8Text) -> Bool { allows(key) && RoleKeys.decode(roleKeys).contains(key) }

    private func allows(_ key: UTF8Text) -> Bool {
        !roleKeysRemovedSince.contains(key) && (projectGrantID.isEmpty || projectGrant.roleKeys.contains(key))
    }
}
