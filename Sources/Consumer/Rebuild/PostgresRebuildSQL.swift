/// The statements that move a whole state between schemas.
enum PostgresRebuildSQL {
    /// Where the tables are, or where they would be created.
    static let liveSchema = """
        COALESCE((SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.oid = to_regclass('\(PostgresMigrations.versionTable)')), current_schema()::name)::text
        """

    private static var tables: [String] {
        StateTable.allCases.map(\.name) + StreamSchema.tableNames + [PostgresMigrations.versionTable]
    }

    static func name(_ schema: String, _ table: String) -> String {
        "\(PostgresConnection.quoted(schema)).\(table)"
    }

    static func exists(_ schema: String) -> String {
        "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = \(literal(schema))"
    }

    static func hasTables(_ schema: String) -> String {
        """
        SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = \(literal(schema)) AND c.relname = '\(PostgresMigrations.versionTable)'
        """
    }

    /// Bytes of the tables with their indexes.
    static func size(of schema: String) -> String {
        """
        SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = \(literal(schema)) AND c.relkind = 'r'
        """
    }

    static func drop(_ schema: String) -> String {
        let names = (tables + [RebuildPositions.table]).map { name(schema, $0) }
        return """
            BEGIN; DROP TABLE IF EXISTS \(names.joined(separator: ", ")); \
            DROP SCHEMA \(PostgresConnection.quoted(schema)); COMMIT
            """
    }

    /// Lets others read and nobody write, until the transaction ends.
    static func holdTables(of schema: String) -> String {
        "LOCK TABLE \(tables.map { name(schema, $0) }.joined(separator: ", ")) IN EXCLUSIVE MODE"
    }

    static func moveTables(from: String, to: String) -> String {
        tables.map { "ALTER TABLE \(name(from, $0)) SET SCHEMA \(PostgresConnection.quoted(to));" }.joined()
    }

    /// The consumer may run as another role than this command, and others may read the tables.
    static func copyRights(from: String, to: String) -> String {
        let names = tables.map(literal).joined(separator: ", ")
        return """
            DO $rights$
            DECLARE held record;
            BEGIN
                FOR held IN
                    SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner, a.privilege_type AS privilege,
                        CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS role
                    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    LEFT JOIN LATERAL aclexplode(c.relacl) a ON true
                    WHERE n.nspname = \(literal(from)) AND c.relname IN (\(names))
                LOOP
                    EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', \(literal(to)), held.name, held.owner);
                    IF held.privilege IS NOT NULL THEN
                        EXECUTE format(
                            'GRANT %s ON %I.%I TO %s', held.privilege, \(literal(to)), held.name, held.role);
                    END IF;
                END LOOP;
            END
            $rights$;
            """
    }

    private static func literal(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}
