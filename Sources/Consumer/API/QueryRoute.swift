import EventContract

/// The resources of the API. The OpenAPI document describes exactly these.
enum QueryRoute: String, CaseIterable {
    case check = "/v1/check"
    case access = "/v1/access"
    case users = "/v1/users"
    case user = "/v1/users/{id}"
    case userAccess = "/v1/users/{id}/access"
    case userHistory = "/v1/users/{id}/history"
    case organization = "/v1/orgs/{id}"
    case groups = "/v1/groups"
    case members = "/v1/groups/{id}/members"

    /// The parameters that it takes behind the `?`.
    var parameters: [UTF8Text] {
        switch self {
        case .check: ["user", "project", "role", "org"]
        case .access: ["user", "project"]
        case .users: ["org", "group", "username", "limit", "after"]
        case .user, .userAccess, .organization: []
        case .userHistory, .groups, .members: ["limit", "after"]
        }
    }

    /// - Parameter path: its segments, decoded.
    /// - Returns: nil when there is no such resource.
    init?(_ path: [UTF8Text]) {
        guard path.count >= 2, path[0] == "v1", !path.contains(where: \.isEmpty) else { return nil }
        switch (path[1], path.count, path.count == 4 ? path[3] : "") {
        case ("check", 2, _): self = .check
        case ("access", 2, _): self = .access
        case ("users", 2, _): self = .users
        case ("users", 3, _): self = .user
        case ("users", 4, "access"): self = .userAccess
        case ("users", 4, "history"): self = .userHistory
        case ("orgs", 3, _): self = .organization
        case ("groups", 2, _): self = .groups
        case ("groups", 4, "members"): self = .members
        default: return nil
        }
    }
}
