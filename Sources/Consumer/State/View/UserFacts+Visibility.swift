// Times compare without a tie-break: of two events of the same time the one with the smaller id counts as older, ids
// begin with the aggregate type, and "org/" < "project/" < "user/" < "usergrant/". So of all the pairs compared here
// the removal is the older one, and it ends only what has an earlier time.

extension UserFacts {
    /// Whether the user exists: created, not removed since, and not ended together with its organization.
    package var isVisible: Bool {
        createdSequence > removedSequence && organization.removedTime <= createdTime
    }

    /// Metadata of the user's current life that was not cleared.
    package var visibleMetadata: [MetadataFacts] {
        let start = max(createdSequence, metadataClearedSequence)
        return metadata.filter { $0.sequence > start }
    }

    /// Grants that no removal of the user has ended.
    package var visibleGrants: [GrantFacts] { grants.filter { removedTime <= $0.createdTime } }
}

extension OrganizationFacts {
    package var isUsable: Bool { removedSequence <= createdSequence && !isInactive }
}

extension ProjectFacts {
    package var isUsable: Bool {
        let wasEndedWithOwner = createdSequence > 0 && ownerRemovedTime > createdTime
        return removedSequence <= createdSequence && !isInactive && !wasEndedWithOwner
    }

    /// The youngest removal of the project, alone or together with its organization.
    package var endedTime: Int64 { max(removedTime, ownerRemovedTime) }
}

extension ProjectGrantFacts {
    /// - Parameter project: the project it belongs to. A removed project takes its project grants with it, and so does
    ///   the removal of either organization.
    package func isUsable(in project: ProjectFacts) -> Bool {
        createdSequence > max(removedSequence, project.removedSequence) && !isInactive
            && max(project.ownerRemovedTime, grantedOrgRemovedTime) <= createdTime
    }
}
