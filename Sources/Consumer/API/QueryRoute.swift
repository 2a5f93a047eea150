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
    var parameters: [QueryParameter] {
        switch self {
        case .check: [.user, .project, .role, .org]
        case .access: [.user, .project]
        case .users: [.org, .group, .username, .limit, .after]
        case .user, .userAccess, .organization: []
        case .userHistory, .groups, .members: [.limit, .after]
        }
    }

    /// - Parameter path: its segments, decoded.
    /// - Returns: nil when there is no such resource.
    init?(_ path: [UTF8Text]) {
        guard let (route, _) = Self.patterns.first(where: { Self.matches(path, $0.segments) }) else { return nil }
        self = route
    }

    /// The segments of each resource; nil is the place of an id. Made once: this is done for every request.
    private static let patterns = allCases.map { route in
        (route: route, segments: route.rawValue.split(separator: "/").map { $0 == "{id}" ? nil : UTF8Text(String($0)) })
    }

    private static func matches(_ path: [UTF8Text], _ pattern: [UTF8Text?]) -> Bool {
        guard path.count == pattern.count else { return false }
        return zip(path, pattern).allSatisfy { segment, expected in
            expected.map { $0 == segment } ?? !segment.isEmpty
        }
    }
}

/// What can stand behind the `?`.
enum QueryParameter: String, CaseIterable {
    case user, project, role, org, group, username, limit, after

    /// - Parameter name: decoded.
    init?(_ name: UTF8Text) {
        guard let known = Self.known.first(where: { $0.name == name }) else { return nil }
        self = known.parameter
    }

    private static let known = allCases.map { (name: UTF8Text($0.rawValue), parameter: $0) }
}
