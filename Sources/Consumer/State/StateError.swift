/// Why the state cannot be opened, read or written. Every message names the place and the fix.
package enum StateError: Error, Equatable {
    case missing(path: String)
    case cannotOpen(path: String, reason: String)
    case readOnly(path: String)
    /// Another process held the write lock for longer than the store waits.
    case locked(path: String)
    case diskFull(path: String)
    case corrupt(path: String, reason: String)
    /// The file is an SQLite database that this program did not make.
    case foreign(path: String)
    case newerSchema(path: String, found: Int64, known: Int64)
    case failed(path: String, code: Int32, reason: String)
    /// The output of an export could not be written.
    case outputFailed(errno: Int32)

    package enum Disposition: Equatable {
        /// The same batch may succeed later; nothing of it was written.
        case retry
        /// A person has to act first.
        case stop
    }

    package var disposition: Disposition {
        switch self {
        case .locked, .diskFull: .retry
        case .missing, .cannotOpen, .readOnly, .corrupt, .foreign, .newerSchema, .failed, .outputFailed: .stop
        }
    }
}

extension StateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path):
            "there is no state at \(path): start `zitadel-consumer run`, or correct STATE_URL"
        case .cannotOpen(let path, let reason):
            """
            the state at \(path) cannot be opened (\(reason)): the folder must exist and be writable for this user, \
            or correct STATE_URL
            """
        case .readOnly(let path):
            """
            the state at \(path) is read-only: make the file and its folder writable for this user \
            (SQLite writes two more files beside it), or correct STATE_URL
            """
        case .locked(let path):
            """
            the state at \(path) is locked by another process, probably a second zitadel-consumer: stop it, \
            or give each its own STATE_URL and KAFKA_GROUP_ID
            """
        case .diskFull(let path):
            "no space is left for the state at \(path): free some; the consumer then goes on by itself"
        case .corrupt(let path, let reason):
            """
            the state at \(path) is damaged or no SQLite database (\(reason)): move the file and its -wal and -shm \
            away, then start with another KAFKA_GROUP_ID to apply the whole topic again
            """
        case .foreign(let path):
            "\(path) is a database of another program: correct STATE_URL"
        case .newerSchema(let path, let found, let known):
            """
            the state at \(path) has schema \(found), this program knows up to \(known): run the newer \
            zitadel-consumer, or rebuild the state in a new file
            """
        case .failed(let path, let code, let reason):
            "SQLite failed on the state at \(path) (code \(code), \(reason)): see https://sqlite.org/rescode.html"
        case .outputFailed(let errno):
            "the output cannot be written (errno \(errno)): is the reader of the pipe gone, or the disk full?"
        }
    }
}
