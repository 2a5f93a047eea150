/// The one table of what is published: Zitadel's event type, the canonical type, the members that pass.
///
/// Fails closed. A type that is not here is not published; a payload member without a rule is withheld. The subject
/// follows from the aggregate: of a user grant it is the user, of everything else the aggregate's own id.
package struct Catalogue: Sendable {
    package static let rows = users + metadata + grants + organizations + projects + projectGrants

    private static let users: [CatalogueRow] = [
        .init("user.human.added", "user.added", aggregate: .user, to: .userCreated, human(selfRegistered: false)),
        .init(
            "user.human.selfregistered", "user.selfregistered", aggregate: .user, to: .userCreated,
            human(selfRegistered: true)),
        .init("user.machine.added", aggregate: .user, to: .userCreated, machine),
        .init(
            "user.human.profile.changed", "user.profile.changed", aggregate: .user, to: .userProfileUpdated, profile,
            emptyIsIncomplete: true, isProfile: true),
        .init(
            "user.machine.changed", aggregate: .user, to: .userProfileUpdated,
            [.text(.name, from: "name"), .text(.description, from: "description")], emptyIsIncomplete: true),
        .init(
            "user.human.email.changed", "user.email.changed", aggregate: .user, to: .userEmailChanged,
            [.personal(.email, from: "email", isRequired: true)], isProfile: true),
        .init(
            "user.human.email.verified", "user.email.verified", aggregate: .user, to: .userEmailVerified,
            isProfile: true),
        .init(
            "user.human.phone.changed", "user.phone.changed", aggregate: .user, to: .userPhoneChanged,
            [.personal(.phone, from: "phone", isRequired: true)], isProfile: true),
        .init(
            "user.human.phone.removed", "user.phone.removed", aggregate: .user, to: .userPhoneRemoved,
            isProfile: true),
        .init(
            "user.human.phone.verified", "user.phone.verified", aggregate: .user, to: .userPhoneVerified,
            isProfile: true),
        .init(
            "user.human.initialization.code.added", "user.initialization.code.added", aggregate: .user,
            to: .userInitializationRequested),
        .init(
            "user.human.initialization.check.succeeded", "user.initialization.check.succeeded", aggregate: .user,
            to: .userInitialized),
        .init(
            "user.username.changed", "user.domain.claimed", aggregate: .user, to: .userUsernameChanged,
            [.personal(.username, from: "userName", isRequired: true)], isProfile: true),
        .init("user.locked", aggregate: .user, to: .userLocked),
        .init("user.unlocked", aggregate: .user, to: .userUnlocked),
        .init("user.deactivated", aggregate: .user, to: .userDeactivated),
        .init("user.reactivated", aggregate: .user, to: .userReactivated),
        .init("user.removed", aggregate: .user, to: .userRemoved),
    ]

    private static let metadata: [CatalogueRow] = [
        .init(
            "user.metadata.set", aggregate: .user, to: .userMetadataSet,
            [.identifying(.key, from: "key"), .text(.value, from: "value")]),
        .init(
            "user.metadata.removed", aggregate: .user, to: .userMetadataRemoved, [.identifying(.key, from: "key")]),
        .init("user.metadata.removed.all", aggregate: .user, to: .userMetadataCleared),
    ]

    private static let grants: [CatalogueRow] = [
        .init(
            "user.grant.added", aggregate: .userGrant, to: .userGrantAdded,
            [
                .identifying(.userID, from: "userId"), .identifying(.projectID, from: "projectId"),
                .text(.projectGrantID, from: "grantId"), .roleKeys,
            ]),
        .init(
            "user.grant.changed", aggregate: .userGrant, to: .userGrantChanged,
            [.grantee, .roleKeys, .cascade(false)], emptyIsIncomplete: true),
        .init(
            "user.grant.cascade.changed", aggregate: .userGrant, to: .userGrantChanged,
            [.grantee, .roleKeys, .cascade(true)]),
        .init("user.grant.removed", aggregate: .userGrant, to: .userGrantRemoved, [.grantee, .cascade(false)]),
        .init("user.grant.cascade.removed", aggregate: .userGrant, to: .userGrantRemoved, [.grantee, .cascade(true)]),
        .init("user.grant.deactivated", aggregate: .userGrant, to: .userGrantDeactivated, [.grantee]),
        .init("user.grant.reactivated", aggregate: .userGrant, to: .userGrantReactivated, [.grantee]),
    ]

    private static let organizations: [CatalogueRow] = [
        .init("org.added", aggregate: .organization, to: .organizationCreated, [.identifying(.name, from: "name")]),
        .init("org.changed", aggregate: .organization, to: .organizationUpdated, [.text(.name, from: "name")]),
        .init(
            "org.domain.primary.set", aggregate: .organization, to: .organizationDomainPrimarySet,
            [.identifying(.domain, from: "domain")]),
        .init("org.deactivated", aggregate: .organization, to: .organizationDeactivated),
        .init("org.reactivated", aggregate: .organization, to: .organizationReactivated),
        .init("org.removed", aggregate: .organization, to: .organizationRemoved),
    ]

    private static let projects: [CatalogueRow] = [
        .init("project.added", aggregate: .project, to: .projectCreated, [.identifying(.name, from: "name")]),
        .init(
            "project.changed", aggregate: .project, to: .projectUpdated, [.text(.name, from: "name")],
            emptyIsIncomplete: true),
        .init("project.deactivated", aggregate: .project, to: .projectDeactivated),
        .init("project.reactivated", aggregate: .project, to: .projectReactivated),
        .init("project.removed", aggregate: .project, to: .projectRemoved),
        .init("project.role.added", aggregate: .project, to: .projectRoleAdded, role),
        .init("project.role.changed", aggregate: .project, to: .projectRoleChanged, role),
        .init(
            "project.role.removed", aggregate: .project, to: .projectRoleRemoved, [.identifying(.key, from: "key")]),
    ]

    private static let projectGrants: [CatalogueRow] = [
        .init(
            "project.grant.added", aggregate: .project, to: .projectGrantAdded,
            [
                .identifying(.projectGrantID, from: "grantId"), .text(.grantedOrgID, from: "grantedOrgId"), .roleKeys,
            ]),
        .init(
            "project.grant.changed", "project.grant.cascade.changed", aggregate: .project, to: .projectGrantChanged,
            [.identifying(.projectGrantID, from: "grantId"), .roleKeys]),
        .init("project.grant.removed", aggregate: .project, to: .projectGrantRemoved, projectGrant),
        .init("project.grant.deactivated", aggregate: .project, to: .projectGrantDeactivated, projectGrant),
        .init("project.grant.reactivated", aggregate: .project, to: .projectGrantReactivated, projectGrant),
    ]

    private static func human(selfRegistered: Bool) -> [PayloadRule] {
        [
            .init(field: .kind, source: .constantText("human")),
            .init(field: .selfRegistered, source: .constantFlag(selfRegistered)),
            .personal(.username, from: "userName", isRequired: true),
        ] + profile + [.personal(.email, from: "email"), .personal(.phone, from: "phone")]
    }

    private static let machine: [PayloadRule] = [
        .init(field: .kind, source: .constantText("machine")),
        .init(field: .selfRegistered, source: .constantFlag(false)),
        .identifying(.username, from: "userName"), .text(.name, from: "name"), .text(.description, from: "description"),
    ]

    private static let profile: [PayloadRule] = [
        .personal(.firstName, from: "firstName"), .personal(.lastName, from: "lastName"),
        .personal(.nickName, from: "nickName"),
        .personal(.displayName, from: "displayName"), .personal(.preferredLanguage, from: "preferredLanguage"), .gender,
    ]

    private static let role: [PayloadRule] = [
        .identifying(.key, from: "key"), .text(.displayName, from: "displayName"), .text(.group, from: "group"),
    ]

    private static let projectGrant: [PayloadRule] = [.identifying(.projectGrantID, from: "grantId")]
}
