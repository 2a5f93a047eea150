package import EventContract

/// An organization as it is now.
package struct Organization: Equatable, Sendable {
    package let id: UTF8Text
    package let name: UTF8Text
    package let primaryDomain: UTF8Text
    package let isActive: Bool
}

extension StateReader {
    /// - Returns: nil when it was never created as far as the state knows, or is removed.
    package func organization(_ id: UTF8Text) throws(StateError) -> Organization? {
        var found: Organization?
        try database.snapshot { () throws(StateError) in
            let rows = try database.rows(Self.organizationQuery, [.text(id)], size: .small)
            guard try rows.step() else { return }
            found = Organization(
                id: id, name: rows.text(0), primaryDomain: rows.text(1), isActive: rows.text(2) != LifeState.inactive)
        }
        return found
    }

    private static let organizationQuery =
        "SELECT name, domain, state FROM organizations WHERE id = $1 AND created_seq > removed_seq"
}

extension UserFacts {
    /// Whether the user has the role on the project; in any organization, or in the one that is named.
    ///
    /// - Precondition: the user is visible.
    package func hasRole(_ role: UTF8Text, project: UTF8Text, org: UTF8Text?) -> Bool {
        guard mayHaveAccess else { return false }
        return visibleGrants.contains { grant in
            grant.projectID == project && (org == nil || grant.orgID == org) && gives(grant) && grant.gives(role)
        }
    }

    /// The groups that the user's metadata under the key claims; none when it has another shape.
    func groups(key: UTF8Text) -> [Group] {
        visibleMetadata.first { $0.key == key }.flatMap { Group.decode(metadataValue: $0.value) } ?? []
    }
}
