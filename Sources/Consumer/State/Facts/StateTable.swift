package import EventContract

/// A table of the state: its key, and the registers each of its rows has.
///
/// A new fact is one register here, its columns below, the event types that set it in `CanonicalEvent+Facts.swift`,
/// and a migration.
package enum StateTable: UInt8, CaseIterable, Sendable {
    case users, userMetadata, userGrants, organizations, projects, projectRoles, projectGrants

    package var name: String {
        switch self {
        case .users: "users"
        case .userMetadata: "user_metadata"
        case .userGrants: "user_grants"
        case .organizations: "organizations"
        case .projects: "projects"
        case .projectRoles: "project_roles"
        case .projectGrants: "project_grants"
        }
    }

    /// The primary key, one or two columns. What hangs on a user starts with the user's id, so that everything about
    /// one user is one range.
    package var keyColumns: [String] {
        switch self {
        case .users, .organizations, .projects: ["id"]
        case .userMetadata: ["user_id", "metadata_key"]
        case .userGrants: ["user_id", "grant_id"]
        case .projectRoles: ["project_id", "role_key"]
        case .projectGrants: ["project_id", "grant_id"]
        }
    }

    package var hasSecondKey: Bool {
        switch self {
        case .users, .organizations, .projects: false
        case .userMetadata, .userGrants, .projectRoles, .projectGrants: true
        }
    }

    package var registers: RegisterSet {
        switch self {
        case .users: Self.userRegisters
        case .userMetadata: RegisterSet(.value)
        case .userGrants: RegisterSet(.created, .removed, .state, .roleKeys)
        case .organizations: RegisterSet(.created, .removed, .removedAt, .state, .name, .domain)
        case .projects: RegisterSet(.created, .removed, .removedAt, .state, .name)
        case .projectRoles: RegisterSet(.removed, .removedAt, .label)
        case .projectGrants: RegisterSet(.created, .removed, .removedAt, .state, .roleKeys)
        }
    }

    /// The columns that hold the fact itself, beside its rank.
    package func columns(of register: Register) -> [Column] {
        let origin = hasOrigins ? register.origin.map { [$0] } : nil
        return valueColumns(of: register) + (origin ?? [])
    }

    /// Whether facts have their origin beside them: those of users, whose history is asked for.
    package var hasOrigins: Bool {
        switch self {
        case .users, .userMetadata, .userGrants: true
        case .organizations, .projects, .projectRoles, .projectGrants: false
        }
    }

    private func valueColumns(of register: Register) -> [Column] {
        switch (register, self) {
        case (.created, .users): [.createdTime, .orgID, .kind]
        case (.created, .userGrants): [.createdTime, .orgID, .projectID, .projectGrantID]
        case (.created, .projects): [.createdTime, .orgID]
        case (.created, .projectGrants): [.createdTime, .grantedOrgID]
        case (.created, _): [.createdTime]
        case (.roleKeys, _): [.roleKeysTime, .roleKeys]
        case (.label, _): [.displayName, .roleGroup]
        case (.removed, _), (.removedAt, _), (.metadataCleared, _): []
        default: [Self.ownColumn(of: register)]
        }
    }

    private static let userRegisters = RegisterSet(
        .created, .removed, .removedAt, .state, .metadataCleared, .name, .username, .firstName, .lastName, .nickName,
        .displayName, .preferredLanguage, .gender, .email, .emailVerified, .phone, .phoneVerified, .description)

    private static func ownColumn(of register: Register) -> Column {
        switch register {
        case .state: .state
        case .value: .value
        case .name: .name
        case .domain: .domain
        case .username: .username
        case .firstName: .firstName
        case .lastName: .lastName
        case .nickName: .nickName
        case .displayName: .displayName
        case .preferredLanguage: .preferredLanguage
        case .gender: .gender
        case .email: .email
        case .emailVerified: .emailVerified
        case .phone: .phone
        case .phoneVerified: .phoneVerified
        case .description: .description
        case .created, .removed, .removedAt, .metadataCleared, .roleKeys, .label:
            preconditionFailure("columns(of:) lists the columns of this register")
        }
    }
}

/// A column that holds a fact; the raw value is its name in SQL.
package enum Column: String, Sendable {
    case createdTime = "created_time"
    case orgID = "org_id"
    case kind
    case projectID = "project_id"
    case projectGrantID = "project_grant_id"
    case grantedOrgID = "granted_org_id"
    case state, value, name, domain, username
    case roleKeysTime = "role_keys_time"
    case roleKeys = "role_keys"
    case roleGroup = "role_group"
    case firstName = "first_name"
    case lastName = "last_name"
    case nickName = "nick_name"
    case displayName = "display_name"
    case preferredLanguage = "preferred_language"
    case gender, email
    case emailVerified = "email_verified"
    case phone
    case phoneVerified = "phone_verified"
    case description
    case createdOrigin = "created_origin"
    case removedOrigin = "removed_origin"
    case stateOrigin = "state_origin"
    case metadataClearedOrigin = "metadata_cleared_origin"
    case valueOrigin = "value_origin"
    case roleKeysOrigin = "role_keys_origin"
    case nameOrigin = "name_origin"
    case usernameOrigin = "username_origin"
    case firstNameOrigin = "first_name_origin"
    case lastNameOrigin = "last_name_origin"
    case nickNameOrigin = "nick_name_origin"
    case displayNameOrigin = "display_name_origin"
    case preferredLanguageOrigin = "preferred_language_origin"
    case genderOrigin = "gender_origin"
    case emailOrigin = "email_origin"
    case emailVerifiedOrigin = "email_verified_origin"
    case phoneOrigin = "phone_origin"
    case phoneVerifiedOrigin = "phone_verified_origin"
    case descriptionOrigin = "description_origin"
}

/// The row a fact belongs to. Keys compare by their UTF-8 bytes.
package struct RowKey: Sendable {
    package let table: StateTable
    package let first: UTF8Text
    /// The second key column; empty where the table has one.
    package let second: UTF8Text

    package init(_ table: StateTable, _ first: UTF8Text, _ second: UTF8Text? = nil) {
        self.table = table
        self.first = first
        self.second = second ?? Self.none
    }

    private static let none: UTF8Text = ""
}

extension RowKey: Hashable, Comparable {
    package static func == (left: RowKey, right: RowKey) -> Bool {
        left.table == right.table && left.first == right.first && left.second == right.second
    }

    package static func < (left: RowKey, right: RowKey) -> Bool {
        if left.table != right.table { return left.table.rawValue < right.table.rawValue }
        if left.first != right.first { return left.first < right.first }
        return left.second < right.second
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(table.rawValue)
        first.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        // Not a byte of UTF-8: ("a", "bc") and ("ab", "c") hash apart.
        hasher.combine(UInt8(0xFF))
        second.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
