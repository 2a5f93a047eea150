/// Why the state cannot be opened, read or written. Every message names the place and the fix.
package enum StateError: Error, Equatable {
    case missing(path: String)
    case cannotOpen(path: String, reason: String)
    case readOnly(path: String)
    /// Another process held the write lock for longer than the store waits.
    case locked(path: String)
    /// A rebuilt file cannot take the place of the live one while others read that.
    case beingRead(path: String)
    /// A rebuilt file could not take the place of the live one.
    case notReplaced(path: String, reason: String)
    /// Another process applies events to the file.
    case inUse(path: String, process: String)
    case diskFull(path: String)
    case corrupt(path: String, reason: String)
    /// The file is an SQLite database that this program did not make.
    case foreign(path: String)
    case newerSchema(path: String, found: Int64, known: Int64)
    case failed(path: String, code: Int32, reason: String)
    /// The PostgreSQL server cannot be reached, lets nobody in, or cannot do it now.
    case unavailable(place: String, reason: String)
    /// Other transactions stood in the way again and again.
    case contended(place: String)
    case notPermitted(place: String, reason: String)
    case wrongEncoding(place: String, found: String)
    /// The names that a rebuild makes of the schema's would be cut.
    case nameTooLong(schema: String, sizeMax: Int)
    case refused(place: String, sqlState: String, reason: String)
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
        case .locked, .diskFull, .unavailable, .contended: .retry
        case .missing, .cannotOpen, .readOnly, .beingRead, .notReplaced, .inUse, .corrupt, .foreign, .newerSchema,
            .failed, .notPermitted, .wrongEncoding, .nameTooLong, .refused, .outputFailed:
            .stop
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
            the state at \(path) is locked by another process that writes to it, perhaps a person's tool: the consumer \
            goes on by itself when it ends
            """
        case .beingRead(let path):
            "the state at \(path) is open in another process, perhaps a `state` command or a person's tool: end it"
        case .notReplaced(let path, let reason):
            """
            \(path) could not be replaced (\(reason)); it is as it was. Its file system has to have hard links, and \
            its folder has to be writable
            """
        case .inUse(let path, let process):
            """
            the state at \(path) is in use by process \(process): an SQLite state takes one zitadel-consumer. Stop the \
            other, or use PostgreSQL (STATE_URL=postgresql://…) for several
            """
        case .diskFull(let path):
            "no space is left for the state at \(path): free some; the consumer then goes on by itself"
        case .corrupt(let path, let reason):
            """
            the state at \(path) is damaged or no SQLite database (\(reason)): move the file and its -wal and -shm \
            away, make the state again from the topic with zitadel-consumer rebuild --swap, and start
            """
        case .foreign(let path):
            "\(path) is a database of another program: correct STATE_URL"
        case .newerSchema(let path, let found, let known):
            """
            the state at \(path) has schema \(found), this program knows up to \(known): run the newer \
            zitadel-consumer, or rebuild the state in a new place
            """
        case .failed(let path, let code, let reason):
            "SQLite failed on the state at \(path) (code \(code), \(reason)): see https://sqlite.org/rescode.html"
        case .unavailable(let place, let reason):
            "the database at \(place) takes nothing now (\(reason)): the consumer goes on by itself when it does"
        case .contended(let place):
            """
            other transactions on the database at \(place) stand in the way: does another program write to the \
            tables of the state?
            """
        case .notPermitted(let place, let reason):
            """
            a right is missing on the database at \(place) (\(reason)): run `zitadel-consumer state migrate` as the \
            owner of the tables, and grant this user SELECT, INSERT and UPDATE on them, with KAFKA_STATE_TOPIC also \
            DELETE on stream_users and stream_causes
            """
        case .wrongEncoding(let place, let found):
            "the database at \(place) has the encoding \(found): create it with ENCODING 'UTF8'"
        case .nameTooLong(let schema, let sizeMax):
            """
            the schema \(schema) has a name of more than \(sizeMax) bytes, to which a rebuild cannot add its own: \
            ALTER SCHEMA … RENAME TO a shorter one
            """
        case .refused(let place, let sqlState, let reason):
            """
            PostgreSQL refused a statement on the state at \(place) (SQLSTATE \(sqlState), \(reason)): see \
            https://www.postgresql.org/docs/current/errcodes-appendix.html
            """
        case .outputFailed(let errno):
            "the output cannot be written (errno \(errno)): is the reader of the pipe gone, or the disk full?"
        }
    }
}
