/// What the change stream keeps beside the state: see `docs/decisions/0012-change-stream.md`.
enum StreamSchema {
    static let tableNames = ["stream_users", "stream_causes", "stream_publisher"]

    /// The outbox: users to publish, facts whose users are still to be found, and who publishes.
    ///
    /// `change` grows with every mark, so that a mark set while its line is on the way to Kafka is not cleared with it.
    static let tables = """
        CREATE TABLE stream_users (
            user_id TEXT PRIMARY KEY NOT NULL,
            change BIGINT NOT NULL DEFAULT 1
        );
        CREATE TABLE stream_causes (
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            second_id TEXT NOT NULL,
            after_user TEXT NOT NULL DEFAULT '',
            change BIGINT NOT NULL DEFAULT 1,
            PRIMARY KEY (kind, id, second_id)
        );
        CREATE TABLE stream_publisher (
            id BIGINT PRIMARY KEY NOT NULL,
            holder TEXT NOT NULL DEFAULT '',
            beat BIGINT NOT NULL DEFAULT 0
        );
        INSERT INTO stream_publisher (id) VALUES (1);
        """

    /// From a cause to its users. Every grant that is written pays for them, so they are made only where the stream is
    /// on, and are no numbered step.
    static let indexes: [(name: String, sql: String)] = [
        index("stream_grants_by_org", on: "user_grants (org_id, user_id)"),
        index("stream_grants_by_project", on: "user_grants (project_id, user_id, project_grant_id)"),
    ]

    static var indexSQL: String { indexes.map { "\($0.sql);\n" }.joined() }

    private static func index(_ name: String, on columns: String) -> (name: String, sql: String) {
        (name, "CREATE INDEX IF NOT EXISTS \(name) ON \(columns)")
    }
}
