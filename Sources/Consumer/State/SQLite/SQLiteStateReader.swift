package import EventContract

/// Reads the state of one SQLite file, also while a consumer writes to it.
package final class SQLiteStateReader {
    private let connection: SQLiteConnection
    private let roleKeysRemovedSince: SQLiteStatement

    /// Opens the state for reading; nothing is created or changed.
    package init(path: String, busyTimeout: Duration = SQLiteConnection.busyTimeoutMax) throws(StateError) {
        connection = try SQLiteConnection(path: path, mode: .readOnly, busyTimeout: busyTimeout)
        try SQLiteMigrations.check(connection)
        roleKeysRemovedSince = try connection.prepare(StateQueries.roleKeysRemovedSince)
    }

    /// Calls `body` with every visible user, sorted by id, all from one moment. Holds one user at a time.
    package func forEachUser(_ body: (UserFacts) throws(StateError) -> Void) throws(StateError) {
        try read(StateQueries(scope: .all), id: nil, body)
    }

    /// - Returns: nil when there is no such user, or no longer.
    package func user(_ id: UTF8Text) throws(StateError) -> UserFacts? {
        var found: UserFacts?
        try read(StateQueries(scope: .one), id: id) { (user) throws(StateError) in found = user }
        return found
    }

    private func read(
        _ queries: StateQueries, id: UTF8Text?, _ body: (UserFacts) throws(StateError) -> Void
    ) throws(StateError) {
        // A read transaction: the three statements see the same snapshot.
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        let users = try rows(queries.users, id)
        var metadata = try SortedRows(rows(queries.metadata, id))
        var grants = try SortedRows(rows(queries.grants, id))
        while try users.step() {
            var reader = RowReader(users)
            var user = UserFacts(&reader)
            try metadata.forEach(of: user.id) { (row) throws(StateError) in user.metadata.append(MetadataFacts(&row)) }
            try grants.forEach(of: user.id) { (row) throws(StateError) in user.grants.append(try grant(&row)) }
            if user.isVisible { try body(user) }
        }
    }

    private func rows(_ sql: String, _ id: UTF8Text?) throws(StateError) -> SQLiteStatement {
        let statement = try connection.prepare(sql)
        if let id { statement.bind(1, id) }
        return statement
    }

    private func grant(_ row: inout RowReader) throws(StateError) -> GrantFacts {
        var (grant, roleKeysTime) = GrantFacts.read(&row)
        defer { roleKeysRemovedSince.reset() }
        roleKeysRemovedSince.bind(1, grant.projectID)
        roleKeysRemovedSince.bind(2, roleKeysTime)
        while try roleKeysRemovedSince.step() { grant.roleKeysRemovedSince.append(roleKeysRemovedSince.text(0)) }
        return grant
    }
}

/// Rows sorted by the user id in their first column, taken user by user.
private struct SortedRows {
    private let statement: SQLiteStatement
    /// The user of the current row; nil after the last one.
    private var user: UTF8Text?

    init(_ statement: SQLiteStatement) throws(StateError) {
        self.statement = statement
        try advance()
    }

    /// Calls `body` with the rows of `id`, after skipping those of smaller ids.
    mutating func forEach(of id: UTF8Text, _ body: (inout RowReader) throws(StateError) -> Void) throws(StateError) {
        while let current = user, current <= id {
            if current == id {
                var reader = RowReader(statement, from: 1)
                try body(&reader)
            }
            try advance()
        }
    }

    private mutating func advance() throws(StateError) {
        user = try statement.step() ? statement.text(0) : nil
    }
}
