import EventContract

/// A question that the API answers.
enum Query: Equatable, Sendable {
    case user(UTF8Text)
    case users(UserFilter)
    /// Everything that decides what a user may do; a user that is not in the state may do nothing.
    case context(user: UTF8Text, project: UTF8Text?)
    case access(user: UTF8Text)
    case history(user: UTF8Text, after: HistoryPlace?, limit: Int)
    case check(user: UTF8Text, project: UTF8Text, role: UTF8Text, org: UTF8Text?)
    case organization(UTF8Text)
    case groups(after: UTF8Text?, limit: Int)
    /// The filter has a group.
    case members(UserFilter)

    init(_ target: QueryTarget) throws(QueryProblem) {
        let path = target.segments
        guard let route = QueryRoute(path) else { throw .noSuchResource }
        try target.allow(route.parameters)
        switch route {
        case .check:
            self = .check(
                user: try target.required(.user), project: try target.required(.project),
                role: try target.required(.role), org: target[.org])
        case .access: self = .context(user: try target.required(.user), project: target[.project])
        case .users:
            self = .users(
                UserFilter(
                    orgID: target[.org], groupID: target[.group], username: target[.username],
                    limit: try target.limit(), after: target[.after]))
        case .user: self = .user(path[2])
        case .userAccess: self = .access(user: path[2])
        case .userHistory:
            self = .history(user: path[2], after: try target.historyPlace(), limit: try target.limit())
        case .organization: self = .organization(path[2])
        case .groups: self = .groups(after: target[.after], limit: try target.limit())
        case .members:
            self = .members(UserFilter(groupID: path[2], limit: try target.limit(), after: target[.after]))
        }
    }

    /// Whether the answer takes long: such questions wait for each other, not in front of quick ones.
    var isList: Bool {
        switch self {
        case .users, .groups, .members, .history: true
        case .user, .context, .access, .check, .organization: false
        }
    }
}
