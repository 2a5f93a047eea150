package import EventContract

/// What one column of a fact holds.
package enum FactValue: Equatable {
    case text(UTF8Text)
    case integer(Int64)
    case null
}

extension CanonicalEvent {
    /// What decides between two facts of `register`: the higher rank wins, and equal ranks mean the same event.
    ///
    /// Inside an aggregate that is the sequence. Only removals are compared with other aggregates, by time; a tie of
    /// times needs no rank of its own, see `docs/decisions/0003-order-free-state.md`.
    package func rank(of register: Register) -> Int64 {
        register == .removedAt ? time.microsecondsSinceEpoch : sequence
    }

    /// The fact this event puts into `column`; a member that the record does not carry is at its default.
    package func value(of column: Column) -> FactValue {
        switch column {
        case .createdTime, .roleKeysTime: .integer(time.microsecondsSinceEpoch)
        case .orgID: .text(resourceOwner)
        case .kind: .text(payload.text(.kind) ?? Default.human)
        case .projectID: text(.projectID)
        case .projectGrantID: text(.projectGrantID)
        case .grantedOrgID: text(.grantedOrgID)
        case .state: .text(stateName)
        case .value: type == .userMetadataRemoved ? .null : text(.value)
        case .roleKeys: .text(UTF8Text(bytes: RoleKeys.json(payload.texts(.roleKeys) ?? [])))
        case .name: text(.name)
        case .domain: text(.domain)
        case .username: text(.username)
        case .roleGroup: text(.group)
        case .firstName: text(.firstName)
        case .lastName: text(.lastName)
        case .nickName: text(.nickName)
        case .displayName: text(.displayName)
        case .preferredLanguage: text(.preferredLanguage)
        case .gender: .text(payload.text(.gender) ?? Default.gender)
        case .email: text(.email)
        case .emailVerified: .integer(type == .userEmailVerified ? 1 : 0)
        case .phone: text(.phone)
        case .phoneVerified: .integer(type == .userPhoneVerified ? 1 : 0)
        case .description: text(.description)
        case .createdOrigin: .integer(origin.stored)
        case .removedOrigin, .stateOrigin, .metadataClearedOrigin, .valueOrigin, .roleKeysOrigin, .nameOrigin,
            .usernameOrigin, .firstNameOrigin, .lastNameOrigin, .nickNameOrigin, .displayNameOrigin,
            .preferredLanguageOrigin, .genderOrigin, .emailOrigin, .emailVerifiedOrigin, .phoneOrigin,
            .phoneVerifiedOrigin, .descriptionOrigin:
            .integer(isBirth ? 0 : origin.stored)
        }
    }

    private func text(_ field: PayloadField) -> FactValue { .text(payload.text(field) ?? Default.empty) }

    private var stateName: UTF8Text {
        switch type {
        case .userInitializationRequested: LifeState.initial
        case .userLocked: LifeState.locked
        case .userDeactivated, .userGrantDeactivated, .organizationDeactivated, .projectDeactivated,
            .projectGrantDeactivated:
            LifeState.inactive
        default: LifeState.active
        }
    }

    private enum Default {
        static let empty: UTF8Text = ""
        static let human: UTF8Text = "human"
        static let gender: UTF8Text = "unspecified"
    }
}

/// The states of the contract, as stored and as printed.
package enum LifeState {
    package static let active: UTF8Text = "active"
    package static let inactive: UTF8Text = "inactive"
    package static let locked: UTF8Text = "locked"
    package static let initial: UTF8Text = "initial"
}
