import EventContract
import ServiceRuntime

/// What an event takes away from users: the object that is removed, deactivated or locked.
enum Revocation: String, MetricLabel {
    case user, grant, role, org, project
    case projectGrant = "project_grant"

    /// Nil for an event that by itself takes nothing away. A changed list of role keys may, but the event does not say
    /// what the list was.
    init?(_ type: CanonicalType) {
        switch type {
        case .userLocked, .userDeactivated, .userRemoved: self = .user
        case .userGrantDeactivated, .userGrantRemoved: self = .grant
        case .projectRoleRemoved: self = .role
        case .organizationDeactivated, .organizationRemoved: self = .org
        case .projectDeactivated, .projectRemoved: self = .project
        case .projectGrantDeactivated, .projectGrantRemoved: self = .projectGrant
        default: return nil
        }
    }
}
