package import ServiceRuntime

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
    ///
    /// - Parameters:
    ///   - stream: whether each transaction also marks the users whose lines it may have changed.
    ///   - rewriteAfter: see `SQLiteStore`.
    package func store(
        stream: Bool = false, rewriteAfter: Duration = SQLiteStore.rewriteAfterDefault, clock: WallClock = .system
    ) throws(StateError) -> any StateStore {
        switch self {
        case .sqlite(let path):
            try SQLiteStore(path: path, stream: stream, rewriteAfter: rewriteAfter, clock: clock)
        case .postgres(let url): PostgresStore(url, stream: stream)
        }
    }

    /// Opens the state for reading, also while consumers write to it; nothing is created or changed.
    package func reader() throws(StateError) -> StateReader {
        switch self {
        case .sqlite(let path): StateReader(try SQLiteConnection.reading(path: path))
        case .postgres(let url): StateReader(PostgresDatabase(url))
        }
    }

    /// Opens the outbox of the change stream, also while consumers write to the state; nothing is created.
    package func outboxDatabase() throws(StateError) -> any OutboxDatabase {
        switch self {
        case .sqlite(let path):
            _ = try SQLiteConnection.reading(path: path)
            let connection = try SQLiteConnection(path: path, mode: .readWrite)
            // A power cut may bring back what was published already; then it is published again.
            try connection.execute("PRAGMA synchronous = NORMAL")
            return connection
        case .postgres(let url): return PostgresDatabase(url)
        }
    }

    /// The statements that bring a schema of `version` up to date, in one transaction.
    ///
    /// - Parameter stream: whether the change stream's indexes are wanted too.
    package func schemaSQL(from version: Int64, stream: Bool = false) -> String {
        let steps =
            switch self {
            case .sqlite: SQLiteMigrations.sql(from: version)
            case .postgres: PostgresMigrations.sql(from: version)
            }
        return "BEGIN;\n\(steps)\(stream ? StreamSchema.indexSQL : "")COMMIT;\n"
    }
}
