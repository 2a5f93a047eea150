package import EventContract

/// Something that may have changed the lines of many users, who are still to be found.
package struct StreamCause: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// Every user that the state knows, also removed ones: on request only.
        case all
        /// Users whose organization it is; users with a grant inside it; projects and project grants that hang on it.
        case orgUsers = "org_users"
        case orgGrants = "org_grants"
        case orgProjects = "org_projects"
        /// Users with a grant on the project, or on it through the project grant.
        case project
        case projectGrant = "project_grant"
    }

    package let kind: Kind
    package let id: UTF8Text
    /// The project grant; else empty.
    package let secondID: UTF8Text

    package init(_ kind: Kind, _ id: UTF8Text = "", _ secondID: UTF8Text = "") {
        self.kind = kind
        self.id = id
        self.secondID = secondID
    }

    package static let all = StreamCause(.all)

    /// What a changed row causes for users that it does not name. The registers left out are names and labels, which
    /// no line shows.
    static func of(_ row: BatchMerge.Row) -> [StreamCause] {
        let (id, registers) = (row.key.first, row.registers)
        let shows = RegisterSet(.created, .removed, .removedAt, .state, .roleKeys)
        guard registers.contains(where: shows.contains) else { return [] }
        switch row.key.table {
        case .users, .userMetadata, .userGrants: return []
        case .organizations: return [.orgUsers, .orgGrants, .orgProjects].map { StreamCause($0, id) }
        case .projects, .projectRoles: return [StreamCause(.project, id)]
        case .projectGrants: return [StreamCause(.projectGrant, id, row.key.second)]
        }
    }
}

extension StreamCause: Comparable {
    package static func < (left: StreamCause, right: StreamCause) -> Bool {
        if left.kind != right.kind { return UTF8Text(left.kind.rawValue) < UTF8Text(right.kind.rawValue) }
        return left.id == right.id ? left.secondID < right.secondID : left.id < right.id
    }
}
