package import EventContract

/// The facts of one event: the row they belong to and the registers they set there.
///
/// Every event has exactly one row. What an event causes elsewhere (a removed organization ends its users) is not
/// written but derived when the state is read, because the other rows may arrive later.
package struct EventFacts {
    package let row: RowKey
    package let registers: RegisterSet
}

extension CanonicalEvent {
    package var facts: EventFacts {
        switch aggregateType {
        case .user: userFacts
        case .userGrant: EventFacts(row: RowKey(.userGrants, subject, aggregateID), registers: grantRegisters)
        case .organization: EventFacts(row: RowKey(.organizations, aggregateID), registers: organizationRegisters)
        case .project: projectFacts
        }
    }

    private var userFacts: EventFacts {
        switch type {
        case .userMetadataSet, .userMetadataRemoved:
            EventFacts(row: RowKey(.userMetadata, aggregateID, payload.text(.key)), registers: RegisterSet(.value))
        default:
            EventFacts(row: RowKey(.users, aggregateID), registers: userRegisters)
        }
    }

    private var userRegisters: RegisterSet {
        switch type {
        case .userCreated: Self.userBirth
        case .userRemoved: RegisterSet(.removed, .removedAt)
        case .userProfileUpdated: profileRegisters
        case .userEmailChanged: RegisterSet(.email, .emailVerified)
        case .userEmailVerified: RegisterSet(.emailVerified)
        case .userPhoneChanged, .userPhoneRemoved: RegisterSet(.phone, .phoneVerified)
        case .userPhoneVerified: RegisterSet(.phoneVerified)
        case .userUsernameChanged: RegisterSet(.username)
        case .userMetadataCleared: RegisterSet(.metadataCleared)
        case .userInitializationRequested, .userInitialized, .userLocked, .userUnlocked, .userDeactivated,
            .userReactivated:
            RegisterSet(.state)
        default: RegisterSet()
        }
    }

    /// The profile fields the event carries; the others stay as they are.
    private var profileRegisters: RegisterSet {
        var registers = RegisterSet()
        for (register, field) in Self.profileFields where payload.text(field) != nil { registers.insert(register) }
        return registers
    }

    private var grantRegisters: RegisterSet {
        switch type {
        case .userGrantAdded: RegisterSet(.created, .state, .roleKeys)
        case .userGrantChanged: RegisterSet(.roleKeys)
        case .userGrantRemoved: RegisterSet(.removed)
        case .userGrantDeactivated, .userGrantReactivated: RegisterSet(.state)
        default: RegisterSet()
        }
    }

    private var organizationRegisters: RegisterSet {
        switch type {
        case .organizationCreated: RegisterSet(.created, .state, .name, .domain)
        case .organizationUpdated: payload.text(.name) == nil ? RegisterSet() : RegisterSet(.name)
        case .organizationDomainPrimarySet: RegisterSet(.domain)
        case .organizationDeactivated, .organizationReactivated: RegisterSet(.state)
        case .organizationRemoved: RegisterSet(.removed, .removedAt)
        default: RegisterSet()
        }
    }

    private var projectFacts: EventFacts {
        switch type {
        case .projectCreated: projectFacts(RegisterSet(.created, .state, .name))
        case .projectUpdated: projectFacts(payload.text(.name) == nil ? RegisterSet() : RegisterSet(.name))
        case .projectDeactivated, .projectReactivated: projectFacts(RegisterSet(.state))
        case .projectRemoved: projectFacts(RegisterSet(.removed, .removedAt))
        case .projectRoleAdded, .projectRoleChanged: roleFacts(RegisterSet(.label))
        case .projectRoleRemoved: roleFacts(RegisterSet(.removed, .removedAt))
        case .projectGrantAdded: projectGrantFacts(RegisterSet(.created, .state, .roleKeys))
        case .projectGrantChanged: projectGrantFacts(RegisterSet(.roleKeys))
        case .projectGrantRemoved: projectGrantFacts(RegisterSet(.removed, .removedAt))
        case .projectGrantDeactivated, .projectGrantReactivated: projectGrantFacts(RegisterSet(.state))
        default: projectFacts(RegisterSet())
        }
    }

    private func projectFacts(_ registers: RegisterSet) -> EventFacts {
        EventFacts(row: RowKey(.projects, aggregateID), registers: registers)
    }

    private func roleFacts(_ registers: RegisterSet) -> EventFacts {
        EventFacts(row: RowKey(.projectRoles, aggregateID, payload.text(.key)), registers: registers)
    }

    private func projectGrantFacts(_ registers: RegisterSet) -> EventFacts {
        EventFacts(row: RowKey(.projectGrants, aggregateID, payload.text(.projectGrantID)), registers: registers)
    }

    /// All registers of a user but its removals and the clearing of its metadata: what a birth does not name is at its
    /// default, and metadata from before it is below its sequence.
    private static let userBirth = StateTable.users.registers.subtracting(
        RegisterSet(.removed, .removedAt, .metadataCleared))

    private static let profileFields: [(Register, PayloadField)] = [
        (.firstName, .firstName), (.lastName, .lastName), (.nickName, .nickName), (.displayName, .displayName),
        (.preferredLanguage, .preferredLanguage), (.gender, .gender), (.name, .name), (.description, .description),
    ]
}
