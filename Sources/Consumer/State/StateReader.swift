package import EventContract

/// Reads users from the state, also while consumers write to it.
package final class StateReader {
    package let database: any StateDatabase

    package init(_ database: any StateDatabase) { self.database = database }

    /// Calls `body` with every visible user, sorted by id, all from one moment. Holds one user at a time.
    package func forEachUser(_ body: (UserFacts) throws(StateError) -> Void) throws(StateError) {
        try database.snapshot { () throws(StateError) in try read(StateQueries(scope: .all), [], .large, body) }
    }

    /// Calls `body` with those of the users that are visible, sorted by id, many from one moment.
    package func forEachUser(
        of ids: [UTF8Text], _ body: (UserFacts) throws(StateError) -> Void
    ) throws(StateError) {
        let sorted = ids.sorted()
        for start in stride(from: 0, to: sorted.count, by: StateQueries.someCount) {
            var some = sorted[start..<min(start + StateQueries.someCount, sorted.count)].map { FactValue.text($0) }
            // Naming a user twice changes nothing, and one statement serves any number of them.
            while let last = some.last, some.count < StateQueries.someCount { some.append(last) }
            try database.snapshot { () throws(StateError) in try read(.some, some, .small, body) }
        }
    }

    /// - Returns: nil when there is no such user, or no longer.
    package func user(_ id: UTF8Text) throws(StateError) -> UserFacts? {
        var found: UserFacts?
        try database.snapshot { () throws(StateError) in found = try userOfSnapshot(id) }
        return found
    }

    /// As `user`, inside a snapshot.
    func userOfSnapshot(_ id: UTF8Text) throws(StateError) -> UserFacts? {
        var found: UserFacts?
        try read(.one, [.text(id)], .small) { (user) throws(StateError) in found = user }
        return found
    }

    private func read(
        _ queries: StateQueries, _ parameters: [FactValue], _ size: ResultSize,
        _ body: (UserFacts) throws(StateError) -> Void
    ) throws(StateError) {
        let users = try database.rows(queries.users, parameters, size: size)
        var metadata = try SortedRows(database.rows(queries.metadata, parameters, size: size))
        var grants = try SortedRows(database.rows(queries.grants, parameters, size: size))
        var roles = RemovedRoleKeys(database)
        while try users.step() {
            var row = RowReader(users)
            var user = UserFacts(&row)
            try metadata.forEach(of: user.id) { (row) throws(StateError) in
                user.metadata.append(MetadataFacts(&row))
            }
            try grants.forEach(of: user.id) { (row) throws(StateError) in
                var (grant, roleKeysTime) = GrantFacts.read(&row)
                grant.roleKeysRemovedSince = try roles.of(grant.projectID, since: roleKeysTime)
                user.grants.append(grant)
            }
            if user.isVisible { try body(user) }
        }
    }
}

/// The role keys that projects have removed, asked for once a project: many grants are on the same few.
private struct RemovedRoleKeys {
    private static let projectsMax = 1000

    private let database: any StateDatabase
    private var known: [UTF8Text: [(key: UTF8Text, time: Int64)]] = [:]

    init(_ database: any StateDatabase) { self.database = database }

    mutating func of(_ project: UTF8Text, since time: Int64) throws(StateError) -> [UTF8Text] {
        let removed: [(key: UTF8Text, time: Int64)]
        if let keys = known[project] {
            removed = keys
        } else {
            removed = try read(project)
            if known.count >= Self.projectsMax { known.removeAll(keepingCapacity: true) }
            known[project] = removed
        }
        return removed.filter { $0.time > time }.map(\.key)
    }

    private func read(_ project: UTF8Text) throws(StateError) -> [(key: UTF8Text, time: Int64)] {
        let rows = try database.rows(StateQueries.removedRoleKeys, [.text(project)], size: .small)
        var keys: [(key: UTF8Text, time: Int64)] = []
        while try rows.step() { keys.append((rows.text(0), rows.integer(1))) }
        return keys
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
