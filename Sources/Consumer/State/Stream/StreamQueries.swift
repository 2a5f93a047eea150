import EventContract

/// The statements of the outbox; the same text for SQLite and PostgreSQL.
///
/// Parameters are numbered in the order of their first appearance: SQLite goes by that and not by the number.
enum StreamQueries {
    static let users = """
        SELECT user_id, change FROM stream_users WHERE user_id > $1 AND user_id <= $2 ORDER BY user_id LIMIT $3
        """
    static let lastUser = "SELECT user_id FROM stream_users ORDER BY user_id DESC LIMIT 1"
    static let isMarked = "SELECT 1 FROM stream_users WHERE user_id = $1"
    static let clearUser = "DELETE FROM stream_users WHERE user_id = $1 AND change = $2"

    static let firstCause =
        "SELECT kind, id, second_id, after_user, change FROM stream_causes ORDER BY kind, id, second_id LIMIT 1"
    static let advanceCause =
        "UPDATE stream_causes SET after_user = $1 WHERE kind = $2 AND id = $3 AND second_id = $4 AND change = $5"
    static let clearCause =
        "DELETE FROM stream_causes WHERE kind = $1 AND id = $2 AND second_id = $3 AND change = $4"

    /// What hangs on organization `$1`: its projects, and what other projects have granted it.
    static let fanOut = [
        """
        INSERT INTO stream_causes (kind, id, second_id) \
        SELECT 'project', id, '' FROM projects WHERE org_id = $1 ORDER BY id \(StreamMarks.restart)
        """,
        """
        INSERT INTO stream_causes (kind, id, second_id) \
        SELECT 'project_grant', project_id, grant_id FROM project_grants WHERE granted_org_id = $1 \
        ORDER BY project_id, grant_id \(StreamMarks.restart)
        """,
    ]

    static let publisher = "SELECT holder, beat FROM stream_publisher WHERE id = 1"
    static let take =
        "UPDATE stream_publisher SET holder = $1, beat = beat + 1 WHERE id = 1 AND holder = $2 AND beat = $3"
    static let renew = "UPDATE stream_publisher SET beat = beat + 1 WHERE id = 1 AND holder = $1"
    static let release = "UPDATE stream_publisher SET holder = '', beat = beat + 1 WHERE id = 1 AND holder = $1"

    static let userCount = "SELECT COUNT(*) FROM (SELECT 1 FROM stream_users LIMIT $1) counted"
    static let causeCount = "SELECT COUNT(*) FROM (SELECT 1 FROM stream_causes LIMIT $1) counted"

    static func knownUsers(upTo last: UTF8Text?) -> (sql: String, parameters: [FactValue]) {
        guard let last else { return ("SELECT COUNT(*) FROM users", []) }
        return ("SELECT COUNT(*) FROM users WHERE id <= $1", [.text(last)])
    }

    /// The next users of a cause, from an index and in the order of their ids; nil for one that is no list of users.
    static func users(of cause: StreamOutbox.Cause, limit: Int) -> (sql: String, parameters: [FactValue])? {
        let (id, after) = (FactValue.text(cause.cause.id), FactValue.text(cause.after))
        let limit = FactValue.integer(Int64(limit))
        func grants(_ column: String) -> (sql: String, parameters: [FactValue]) {
            (
                """
                SELECT DISTINCT user_id FROM user_grants WHERE \(column) = $1 AND user_id > $2 \
                ORDER BY user_id LIMIT $3
                """, [id, after, limit]
            )
        }
        return switch cause.cause.kind {
        case .all: ("SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2", [after, limit])
        case .orgUsers:
            ("SELECT id FROM users WHERE org_id = $1 AND id > $2 ORDER BY id LIMIT $3", [id, after, limit])
        case .orgGrants: grants("org_id")
        case .project: grants("project_id")
        case .projectGrant:
            (
                """
                SELECT DISTINCT user_id FROM user_grants WHERE project_id = $1 AND project_grant_id = $2 \
                AND user_id > $3 ORDER BY user_id LIMIT $4
                """, [id, .text(cause.cause.secondID), after, limit]
            )
        case .orgProjects: nil
        }
    }
}
