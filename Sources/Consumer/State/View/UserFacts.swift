package import EventContract

/// Everything the state holds about one user and about what the user's access hangs on.
///
/// These are facts as stored; what shows of them is decided by `UserFacts+Visibility.swift` and `Access.swift`.
package struct UserFacts {
    package var id: UTF8Text
    package var orgID: UTF8Text
    package var isMachine: Bool
    package var state: UTF8Text
    package var username: UTF8Text
    package var profile: Profile
    package var createdSequence: Int64
    package var createdTime: Int64
    package var removedSequence: Int64
    package var removedTime: Int64
    package var metadataClearedSequence: Int64
    /// The organization that the newest create names.
    package var organization: OrganizationFacts
    /// Sorted by key; without removed entries.
    package var metadata: [MetadataFacts] = []
    /// Sorted by grant id; without grants that their own events have removed.
    package var grants: [GrantFacts] = []

    /// What humans have in place of `name` and `description`, and the other way round.
    package struct Profile {
        package var firstName: UTF8Text
        package var lastName: UTF8Text
        package var nickName: UTF8Text
        package var displayName: UTF8Text
        package var preferredLanguage: UTF8Text
        package var gender: UTF8Text
        package var email: UTF8Text
        package var emailVerified: Bool
        package var phone: UTF8Text
        package var phoneVerified: Bool
        package var name: UTF8Text
        package var description: UTF8Text
    }
}

package struct MetadataFacts {
    package var key: UTF8Text
    /// Standard base64, as Zitadel sent it.
    package var value: UTF8Text
    package var sequence: Int64
}

/// An organization, as far as it decides about others. One that was never seen counts as active.
package struct OrganizationFacts {
    package var createdSequence: Int64 = 0
    package var removedSequence: Int64 = 0
    package var removedTime: Int64 = 0
    package var isInactive = false

    package init(createdSequence: Int64, removedSequence: Int64, removedTime: Int64, isInactive: Bool) {
        self.createdSequence = createdSequence
        self.removedSequence = removedSequence
        self.removedTime = removedTime
        self.isInactive = isInactive
    }
}

package struct ProjectFacts {
    package var createdSequence: Int64
    package var createdTime: Int64
    package var removedSequence: Int64
    package var removedTime: Int64
    package var isInactive: Bool
    /// When the organization was removed that owned the project at its newest create.
    package var ownerRemovedTime: Int64
}

/// A project grant: what the project's owner allows another organization to give.
package struct ProjectGrantFacts {
    package var createdSequence: Int64
    package var createdTime: Int64
    package var removedSequence: Int64
    package var removedTime: Int64
    package var isInactive: Bool
    /// Sorted.
    package var roleKeys: [UTF8Text]
    package var grantedOrgRemovedTime: Int64
}

/// A user's grant that no event of its own has removed.
package struct GrantFacts {
    package var id: UTF8Text
    package var orgID: UTF8Text
    package var projectID: UTF8Text
    /// Empty when the grant is not given through a project grant.
    package var projectGrantID: UTF8Text
    package var createdTime: Int64
    package var isInactive: Bool
    /// As stored and printed: a sorted JSON array.
    package var roleKeys: UTF8Text
    /// The keys of the project that were removed from it after `roleKeys` was set.
    package var roleKeysRemovedSince: [UTF8Text]
    package var organization: OrganizationFacts
    package var project: ProjectFacts
    package var projectGrant: ProjectGrantFacts
}
