package import EventContract

/// Reads users from the state, also while consumers write to it.
package final class StateReader {
    package let database: any StateDatabase

    package init(_ database: any StateDatabase) { self.database = database }

    /// Calls `body` with every visible user, sorted by id, all from one moment. Holds one user at a time.
    package func forEachUser(_ body: (UserFacts) throws(StateError) -> Void) throws(StateError) {
        try database.snapshot { () throws(StateError) in try read(StateQueries(scope: .all), [], .large, .all, body) }
    }

    /// Calls `body` with those of the users that are visible, sorted by id, up to 512 from one moment.
    package func forEachUser(
        of ids: [UTF8Text], _ body: (UserFacts) throws(StateError) -> Void
    ) throws(StateError) {
        let sorted = ids.sorted()
        for start in stride(from: 0, to: sorted.count, by: StateQueries.listSizeMax) {
            let some = Array(sorted[start..<min(start + StateQueries.listSizeMax, sorted.count)])
            try database.snapshot { () throws(StateError) in try readOfSnapshot(some, .all, body) }
        }
    }

    /// - Parameter parts: what is read of the user.
    /// - Returns: nil when there is no such user, or no longer.
    package func user(_ id: UTF8Text, _ parts: UserParts = .all) throws(StateError) -> UserFacts? {
        var found: UserFacts?
        try database.snapshot { () throws(StateError) in
            try readOfSnapshot([id], parts) { (user) throws(StateError) in found = user }
        }
        return found
    }

    /// Whether the user exists and has the role on the project; in any organization, or in the one that is named.
    ///
    package func hasRole(
        _ role: UTF8Text, user id: UTF8Text, project: UTF8Text, org: UTF8Text?
    ) throws(StateError) -> Bool {
        var found: UserFacts?
        try database.rowsAlone(StateQueries.access, [.text(role), .text(id), .text(project)]) {
            (rows) throws(StateError) in
            while try rows.step() {
                var row = RowReader(rows)
                var user = UserFacts(&row)
                var (grant, roleKeysTime) = GrantFacts.read(&row)
                if row.integer() > roleKeysTime { grant.roleKeysRemovedSince = [role] }
                user.grants = (found?.grants ?? []) + [grant]
                found = user
            }
        }
        guard let found, found.isVisible else { return false }
        return found.hasRole(role, project: project, org: org)
    }

    /// Calls `body` with those of the users that are visible, sorted by id. Inside a snapshot.
    ///
    /// Four statements, however many users: on a server each one is a way there and back.
    func readOfSnapshot(
        _ ids: [UTF8Text], _ parts: UserParts = .all, _ body: (UserFacts) throws(StateError) -> Void
    ) throws(StateError) {
        if ids.isEmpty { return }
        let (queries, parameters) = StateQueries.of(ids)
        try read(queries, parameters, .small, parts, body)
    }

    private func read(
        _ queries: StateQueries, _ parameters: [FactValue], _ size: ResultSize, _ parts: UserParts,
        _ body: (UserFacts) throws(StateError) -> Void
    ) throws(StateError) {
        let users = try database.rows(queries.users, parameters, size: size)
        var metadata: SortedRows?
        if parts == .all { metadata = try SortedRows(database.rows(queries.metadata, parameters, size: size)) }
        var grants = try SortedRows(database.rows(queries.grants, parameters, size: size))
        var roles: RemovedRoleKeys?
        while try users.step() {
            var row = RowReader(users)
            var user = UserFacts(&row)
            try metadata?.forEach(of: user.id) { (row) throws(StateError) in
                user.metadata.append(MetadataFacts(&row))
            }
            try grants.forEach(of: user.id) { (row) throws(StateError) in
                var (grant, roleKeysTime) = GrantFacts.read(&row)
                if roles == nil {
                    roles = try RemovedRoleKeys(database.rows(queries.removedRoleKeys, parameters, size: size))
                }
                grant.roleKeysRemovedSince = roles?.of(grant.projectID, since: roleKeysTime) ?? []
                user.grants.append(grant)
            }
            if user.isVisible { try body(user) }
        }
    }
}

/// How much of a user is read.
package enum UserParts: Sendable {
    case all
    /// Without metadata: what decides about access.
    case access
}

/// The role keys that projects have removed, and when.
private struct RemovedRoleKeys {
    private var removed: [UTF8Text: [(key: UTF8Text, time: Int64)]] = [:]

    /// - Parameter rows: project, role key and time.
    init(_ rows: any StateRows) throws(StateError) {
        while try rows.step() { removed[rows.text(0), default: []].append((rows.text(1), rows.integer(2))) }
    }

    func of(_ project: UTF8Text, since time: Int64) -> [UTF8Text] {
        removed.isEmpty ? [] : (removed[project] ?? []).filter { $0.time > time }.map(\.key)
    }
}

/// Rows sorted by the user id in their first column, taken user by user.
private struct SortedRows {
    private let rows: any StateRows
    /// The user of the current row; nil after the last one.
    private var user: UTF8Text?

    init(_ rows: any StateRows) throws(StateError) {
        self.rows = rows
        try advance()
    }

    /// Calls `body` with the rows of `id`, after skipping those of smaller ids.
    mutating func forEach(of id: UTF8Text, _ body: (inout RowReader) throws(StateError) -> Void) throws(StateError) {
        while let current = user, current <= id {
            if current == id {
                var row = RowReader(rows, from: 1)
                try body(&row)
            }
            try advance()
        }
    }

    private mutating func advance() throws(StateError) {
        user = try rows.step() ? rows.text(0) : nil
    }
}
