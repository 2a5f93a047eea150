import EventContract

/// A question that the API answers.
enum Query: Equatable, Sendable {
    case user(UTF8Text)
    case users(UserFilter)
    /// - `isStrict`: whether a user that does not exist is a fault, or has no access.
    case access(user: UTF8Text, isStrict: Bool)
    case check(user: UTF8Text, project: UTF8Text, role: UTF8Text, org: UTF8Text?)
    case organization(UTF8Text)
    case groups(after: UTF8Text?, limit: Int)
    /// The filter has a group.
    case members(UserFilter)

    init(_ target: QueryTarget) throws(QueryProblem) {
        let path = target.segments
        guard path.count >= 2, path[0] == "v1", !path.contains(where: \.isEmpty) else { throw .noSuchResource }
        switch (path[1], path.count) {
        case ("users", 2): self = try Self.users(target)
        case ("users", 3):
            try target.allow()
            self = .user(path[2])
        case ("users", 4) where path[3] == "access":
            try target.allow()
            self = .access(user: path[2], isStrict: true)
        case ("access", 2):
            try target.allow("user")
            self = .access(user: try target.required("user"), isStrict: false)
        case ("check", 2): self = try Self.check(target)
        case ("orgs", 3):
            try target.allow()
            self = .organization(path[2])
        case ("groups", 2):
            try target.allow("limit", "after")
            self = .groups(after: target["after"], limit: try target.limit())
        case ("groups", 4) where path[3] == "members":
            try target.allow("limit", "after")
            self = .members(UserFilter(groupID: path[2], limit: try target.limit(), after: target["after"]))
        default: throw .noSuchResource
        }
    }

    /// Whether the answer takes long: such questions wait for each other, not in front of quick ones.
    var isList: Bool {
        switch self {
        case .users, .groups, .members: true
        case .user, .access, .check, .organization: false
        }
    }

    private static func users(_ target: QueryTarget) throws(QueryProblem) -> Query {
        try target.allow("org", "group", "username", "limit", "after")
        return .users(
            UserFilter(
                orgID: target["org"], groupID: target["group"], username: target["username"],
                limit: try target.limit(), after: target["after"]))
    }

    private static func check(_ target: QueryTarget) throws(QueryProblem) -> Query {
        try target.allow("user", "project", "role", "org")
        return .check(
            user: try target.required("user"), project: try target.required("project"),
            role: try target.required("role"), org: target["org"])
    }
}
