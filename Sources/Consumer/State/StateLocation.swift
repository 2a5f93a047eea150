/// Where the state is: what `STATE_URL` says.
package enum StateLocation: Sendable {
    /// Path of the file.
    case sqlite(path: String)
    case postgres(PostgresURL)

    /// - Throws: what is wrong with the URL, without a part of it.
    package init(url: String) throws(PostgresURL.Fault) {
        let sqlite = "sqlite://"
        if url.hasPrefix(PostgresURL.scheme) {
            self = .postgres(try PostgresURL(url))
        } else if url.hasPrefix(sqlite), url.utf8.count > sqlite.utf8.count {
            self = .sqlite(path: String(url.dropFirst(sqlite.count)))
        } else {
            throw PostgresURL.Fault(
                reason: """
                    must be sqlite://PATH, as in sqlite://./state.db or sqlite:///var/lib/zitadel/state.db, or \
                    postgresql://user@host/database
                    """)
        }
    }

    /// Where it is, without a password.
    package var place: String {
        switch self {
        case .sqlite(let path): path
        case .postgres(let url): url.description
        }
    }

    /// The state for writing. SQLite's is opened at once, PostgreSQL's when it is needed.
    package func store() throws(StateError) -> any StateStore {
        switch self {
        case .sqlite(let path): try SQLiteStore(path: path)
        case .postgres(let url): PostgresStore(url)
        }
    }

    /// Opens the state for reading, also while consumers write to it; nothing is created or changed.
    package func reader() throws(StateError) -> StateReader {
        switch self {
        case .sqlite(let path): StateReader(try SQLiteConnection.reading(path: path))
        case .postgres(let url): StateReader(PostgresDatabase(url))
        }
    }

    /// The statements that bring a schema of `version` up to date, in one transaction.
    package func schemaSQL(from version: Int64) -> String {
        let steps =
            switch self {
            case .sqlite: SQLiteMigrations.sql(from: version)
            case .postgres: PostgresMigrations.sql(from: version)
            }
        return "BEGIN;\n\(steps)COMMIT;\n"
    }
}
