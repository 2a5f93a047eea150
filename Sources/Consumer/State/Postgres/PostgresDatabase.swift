import EventContract

/// Reads a PostgreSQL state. It connects when it is needed; after an error it connects again.
package final class PostgresDatabase: StateDatabase {
    private let url: PostgresURL
    private var connection: PostgresConnection?
    private var cursors = 0

    /// Rows that are fetched at once.
    private static let fetchCount = 1000

    package init(_ url: PostgresURL) { self.url = url }

    package func snapshot(_ body: () throws(StateError) -> Void) throws(StateError) {
        let connection = try connected()
        do throws(StateError) {
            // A cursor is planned for its first rows by default; ours are read to the end.
            try connection.execute(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL cursor_tuple_fraction = 1")
            try body()
            try connection.execute("COMMIT")
        } catch {
            self.connection = nil
            throw error
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

    private func connected() throws(StateError) -> PostgresConnection {
        if let connection { return connection }
        let connection = try PostgresConnection(url)
        try PostgresMigrations.check(connection)
        self.connection = connection
        return connection
    }
}
