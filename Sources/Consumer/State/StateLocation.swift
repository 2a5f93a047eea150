/// Where the state is: what `STATE_URL` says.
package enum StateLocation: Sendable {
    /// Path of the file.
    case sqlite(path: String)

    /// - Returns: nil when the URL is neither.
    package init?(url: String) {
        let prefix = "sqlite://"
        guard url.hasPrefix(prefix), url.utf8.count > prefix.utf8.count else { return nil }
        self = .sqlite(path: String(url.dropFirst(prefix.count)))
    }

    /// Opens the state for writing, as the one process that may do so on SQLite.
    package func store() throws(StateError) -> any StateStore {
        switch self {
        case .sqlite(let path): try SQLiteStore(path: path)
        }
    }

    /// Opens the state for reading, also while consumers write to it; nothing is created or changed.
    package func reader() throws(StateError) -> StateReader {
        switch self {
        case .sqlite(let path): StateReader(try SQLiteConnection.reading(path: path))
        }
    }
}
