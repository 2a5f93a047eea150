/// The CloudEvents types of our records.
package enum CanonicalType: UInt8, CaseIterable, Sendable {
    case userCreated, userProfileUpdated, userEmailChanged, userEmailVerified, userPhoneChanged, userPhoneRemoved
    case userPhoneVerified, userInitializationRequested, userInitialized, userUsernameChanged, userLocked, userUnlocked
    case userDeactivated, userReactivated, userRemoved, userMetadataSet, userMetadataRemoved, userMetadataCleared
    case userGrantAdded, userGrantChanged, userGrantRemoved, userGrantDeactivated, userGrantReactivated
    case organizationCreated, organizationUpdated, organizationDomainPrimarySet, organizationDeactivated
    case organizationReactivated, organizationRemoved
    case projectCreated, projectUpdated, projectDeactivated, projectReactivated, projectRemoved
    case projectRoleAdded, projectRoleChanged, projectRoleRemoved
    case projectGrantAdded, projectGrantChanged, projectGrantRemoved, projectGrantDeactivated, projectGrantReactivated

    /// The name in the record's `type` member and `ce_type` header.
    package var name: StaticString {
        switch self {
        case .userCreated: "zitadel.user.created"
        case .userProfileUpdated: "zitadel.user.profile.updated"
        case .userEmailChanged: "zitadel.user.email.changed"
        case .userEmailVerified: "zitadel.user.email.verified"
        case .userPhoneChanged: "zitadel.user.phone.changed"
        case .userPhoneRemoved: "zitadel.user.phone.removed"
        case .userPhoneVerified: "zitadel.user.phone.verified"
        case .userInitializationRequested: "zitadel.user.initialization.requested"
        case .userInitialized: "zitadel.user.initialized"
        case .userUsernameChanged: "zitadel.user.username.changed"
        case .userLocked: "zitadel.user.locked"
        case .userUnlocked: "zitadel.user.unlocked"
        case .userDeactivated: "zitadel.user.deactivated"
        case .userReactivated: "zitadel.user.reactivated"
        case .userRemoved: "zitadel.user.removed"
        case .userMetadataSet: "zitadel.user.metadata.set"
        case .userMetadataRemoved: "zitadel.user.metadata.removed"
        case .userMetadataCleared: "zitadel.user.metadata.cleared"
        case .userGrantAdded: "zitadel.user.grant.added"
        case .userGrantChanged: "zitadel.user.grant.changed"
        case .userGrantRemoved: "zitadel.user.grant.removed"
        case .userGrantDeactivated: "zitadel.user.grant.deactivated"
        case .userGrantReactivated: "zitadel.user.grant.reactivated"
        case .organizationCreated: "zitadel.org.created"
        case .organizationUpdated: "zitadel.org.updated"
        case .organizationDomainPrimarySet: "zitadel.org.domain.primary.set"
        case .organizationDeactivated: "zitadel.org.deactivated"
        case .organizationReactivated: "zitadel.org.reactivated"
        case .organizationRemoved: "zitadel.org.removed"
        case .projectCreated: "zitadel.project.created"
        case .projectUpdated: "zitadel.project.updated"
        case .projectDeactivated: "zitadel.project.deactivated"
        case .projectReactivated: "zitadel.project.reactivated"
        case .projectRemoved: "zitadel.project.removed"
        case .projectRoleAdded: "zitadel.project.role.added"
        case .projectRoleChanged: "zitadel.project.role.changed"
        case .projectRoleRemoved: "zitadel.project.role.removed"
        case .projectGrantAdded: "zitadel.project.grant.added"
        case .projectGrantChanged: "zitadel.project.grant.changed"
        case .projectGrantRemoved: "zitadel.project.grant.removed"
        case .projectGrantDeactivated: "zitadel.project.grant.deactivated"
        case .projectGrantReactivated: "zitadel.project.grant.reactivated"
        }
    }
}
