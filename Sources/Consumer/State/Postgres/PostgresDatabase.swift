import EventContract

/// Reads a PostgreSQL state and keeps its outbox. It connects when it is needed; after an error it connects again.
package final class PostgresDatabase: OutboxDatabase {
    private let url: PostgresURL
    private var connection: PostgresConnection?
    private var cursors = 0

    /// Rows that are fetched at once.
    private static let fetchCount = 1000

    package init(_ url: PostgresURL) { self.url = url }

    package func snapshot(_ body: () throws(StateError) -> Void) throws(StateError) {
        try connecting { (connection) throws(StateError) in
            // A cursor is planned for its first rows by default; ours are read to the end.
            try connection.execute(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL cursor_tuple_fraction = 1")
            try body()
            try connection.execute("COMMIT")
        }
    }

    package func rows(
        _ sql: String, _ parameters: [FactValue], size: ResultSize
    ) throws(StateError) -> any StateRows {
        let connection = try connected()
        guard size == .large else { return PostgresRows(try connection.query(sql, parameters)) }
        let name = "c\(cursors)"
        cursors += 1
        _ = try connection.queryOnce("DECLARE \(name) NO SCROLL CURSOR FOR \(sql)", parameters)
        let fetch = { () throws(StateError) -> PostgresResult in
            try connection.queryOnce("FETCH \(Self.fetchCount) FROM \(name)", [])
        }
        return PostgresRows(try fetch(), fetch: fetch)
    }

    package func rowsAlone(
        _ sql: String, _ parameters: [FactValue], _ body: (any StateRows) throws(StateError) -> Void
    ) throws(StateError) {
        try connecting { (connection) throws(StateError) in
            try body(PostgresRows(try connection.query(sql, parameters)))
        }
    }

    package func transaction<Result>(_ body: () throws(StateError) -> Result) throws(StateError) -> Result {
        try connecting { (connection) throws(StateError) in
            // Nothing waits in here but this process, should it stand still; then the others are to have the rows. A
            // snapshot may: its reader is a person's pager.
            try connection.execute(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '15s'")
            let result = try body()
            try connection.execute("COMMIT")
            return result
        }
    }

    package func write(_ sql: String, _ parameters: [[FactValue]]) throws(StateError) -> Int {
        try connecting { (connection) throws(StateError) in try connection.write(sql, parameters) }
    }

    /// Drops the connection after an error.
    private func connecting<Result>(
        _ body: (PostgresConnection) throws(StateError) -> Result
    ) throws(StateError) -> Result {
        let connection = try connected()
        do throws(StateError) {
            return try body(connection)
        } catch {
            self.connection = nil
            throw error
        }
    }

    private func connected() throws(StateError) -> PostgresConnection {
        if let connection { return connection }
        let connection = try PostgresConnection(url)
        try connection.execute("SET lock_timeout = '5s'")
        try PostgresMigrations.check(connection)
        self.connection = connection
        return connection
    }
}
