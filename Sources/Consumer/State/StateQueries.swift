import EventContract

/// The statements that read users with everything they hang on; the same text for SQLite and PostgreSQL.
///
/// The first three are sorted by user id, so that a reader walks them side by side and holds one user at a time.
struct StateQueries {
    /// Which users to read.
    enum Scope: Equatable {
        case all
        /// Users whose ids are the parameters, that many of them.
        case listed(Int)
    }

    /// Of one user, and of lists of growing size: their texts are made once, because services ask thousands of times a
    /// second, and because a database keeps a plan for each.
    private static let listed = listSizes.map { StateQueries(scope: .listed($0)) }
    private static let listSizes = [1, 8, 64, 512]
    /// How many users one statement can list.
    static let listSizeMax = 512

    let users: String
    let metadata: String
    let grants: String
    /// Project, role key and time of what was removed from the projects of the grants.
    let removedRoleKeys: String

    init(scope: Scope) {
        let condition = { (column: String) in
            switch scope {
            case .all: ""
            case .listed(1): " AND \(column) = $1"
            case .listed(let count): " AND \(column) IN (\((1...count).map { "$\($0)" }.joined(separator: ", ")))"
            }
        }
        users = Self.users(condition("u.id"))
        metadata = Self.metadata(condition("m.user_id"))
        grants = Self.grants(condition("g.user_id"))
        removedRoleKeys = Self.removedRoleKeys(condition("g.user_id"))
    }

    /// The statements that read these users, and their parameters: the last id is repeated where fewer are asked for.
    ///
    /// - Precondition: there are 1 to 512 ids.
    static func of(_ ids: [UTF8Text]) -> (StateQueries, [FactValue]) {
        guard let last = ids.last, let place = listSizes.firstIndex(where: { $0 >= ids.count }) else {
            preconditionFailure("a page has 1 to 512 users")
        }
        let padding = repeatElement(FactValue.text(last), count: listSizes[place] - ids.count)
        return (listed[place], ids.map { .text($0) } + padding)
    }

    /// Of the role `$1`, the user `$2` and the project `$3`: the user's grants on it, each with what decides about
    /// access, in one statement. Services ask this thousands of times a second. Other columns are left empty.
    static let access = """
        SELECT u.id, u.org_id, NULL, u.state, NULL, \
        \(String(repeating: "NULL, ", count: UserFacts.Profile.columnCount))\
        u.created_seq, u.created_time, u.removed_seq, u.removed_time, u.metadata_cleared_seq, \(organization("o")), \
        \(grantColumns), r.removed_time \
        FROM users u JOIN user_grants g ON g.user_id = u.id LEFT JOIN organizations o ON o.id = u.org_id \
        \(grantJoins) \
        LEFT JOIN project_roles r ON r.project_id = g.project_id AND r.role_key = $1 \
        WHERE u.id = $2 AND u.created_seq > 0 AND g.project_id = $3 AND g.created_seq > g.removed_seq
        """

    private static func users(_ condition: String) -> String {
        """
        SELECT u.id, u.org_id, u.kind, u.state, u.username, u.first_name, u.last_name, u.nick_name, u.display_name, \
        u.preferred_language, u.gender, u.email, u.email_verified, u.phone, u.phone_verified, u.name, u.description, \
        u.created_seq, u.created_time, u.removed_seq, u.removed_time, u.metadata_cleared_seq, \
        \(organization("o")) \
        FROM users u LEFT JOIN organizations o ON o.id = u.org_id \
        WHERE u.created_seq > 0\(condition) ORDER BY u.id
        """
    }

    private static func metadata(_ condition: String) -> String {
        """
        SELECT m.user_id, m.metadata_key, m.value, m.value_seq FROM user_metadata m \
        WHERE m.value IS NOT NULL\(condition) ORDER BY m.user_id, m.metadata_key
        """
    }

    private static func grants(_ condition: String) -> String {
        """
        SELECT g.user_id, \(grantColumns) FROM user_grants g \(grantJoins) \
        WHERE g.created_seq > g.removed_seq\(condition) ORDER BY g.user_id, g.grant_id
        """
    }

    private static let grantColumns = """
        g.grant_id, g.org_id, g.project_id, g.project_grant_id, g.created_time, \(isInactive("g")), \
        g.role_keys, g.role_keys_time, \(organization("go")), \
        p.created_seq, p.created_time, p.removed_seq, p.removed_time, \(isInactive("p")), po.removed_time, \
        pg.created_seq, pg.created_time, pg.removed_seq, pg.removed_time, \(isInactive("pg")), pg.role_keys, \
        pgo.removed_time
        """

    private static let grantJoins = """
        LEFT JOIN organizations go ON go.id = g.org_id \
        LEFT JOIN projects p ON p.id = g.project_id \
        LEFT JOIN organizations po ON po.id = p.org_id \
        LEFT JOIN project_grants pg ON pg.project_id = g.project_id AND pg.grant_id = g.project_grant_id \
        LEFT JOIN organizations pgo ON pgo.id = pg.granted_org_id
        """

    private static func removedRoleKeys(_ condition: String) -> String {
        let all = "SELECT r.project_id, r.role_key, r.removed_time FROM project_roles r WHERE r.removed_time > 0"
        if condition.isEmpty { return all }
        return """
            \(all) AND r.project_id IN \
            (SELECT g.project_id FROM user_grants g WHERE g.created_seq > g.removed_seq\(condition))
            """
    }

    private static func organization(_ alias: String) -> String {
        "\(alias).created_seq, \(alias).removed_seq, \(alias).removed_time, \(isInactive(alias))"
    }

    /// Whether the state says inactive: NULL, which reads as no, for what was never seen.
    private static func isInactive(_ alias: String) -> String { "\(alias).state = 'inactive'" }
}
