/// Brings the schema of the PostgreSQL state to the newest step of `StateSchema`.
enum PostgresMigrations {
    /// Tells the state from other programs' tables, which may well be called `schema_migrations`.
    static let versionTable = "zitadel_state_schema"
    /// "ZKBS". Consumers that start together wait for each other, and one of them migrates.
    private static let advisoryLock = 0x5A4B_4253

    /// Migrates what is missing, in one transaction. Needs the right to create tables only then.
    ///
    /// - Parameter stream: whether the change stream's indexes are wanted too.
    static func run(on connection: PostgresConnection, stream: Bool) throws(StateError) {
        let isReady = try stream ? hasIndexes(connection) : true
        if try version(of: connection) == StateSchema.newest, isReady { return }
        try connection.execute("BEGIN; SELECT pg_advisory_xact_lock(\(advisoryLock))")
        let found = try version(of: connection)
        if found < StateSchema.newest { try connection.execute(sql(from: found)) }
        // Not when all are there: only the owner of a table may even ask.
        if !isReady { try connection.execute(StreamSchema.indexSQL) }
        try connection.execute("COMMIT")
    }

    /// Checks without writing that the schema is the newest one.
    static func check(_ connection: PostgresConnection) throws(StateError) {
        if try version(of: connection) < StateSchema.newest { throw .missing(path: connection.url.place) }
    }

    /// The statements of the steps after `version`, for a person or a tool to run in one transaction.
    static func sql(from version: Int64) -> String {
        var text = ""
        if version == 0 {
            text += """
                CREATE TABLE \(versionTable) (
                    version BIGINT PRIMARY KEY NOT NULL,
                    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
                );

                """
        }
        for number in Int(version)..<StateSchema.steps.count {
            // Keys compare and sort by their bytes, whatever the database's locale.
            text += StateSchema.steps[number].replacing(" TEXT", with: " TEXT COLLATE \"C\"")
            text += "\nINSERT INTO \(versionTable) (version) VALUES (\(number + 1));\n"
        }
        return text
    }

    private static func hasIndexes(_ connection: PostgresConnection) throws(StateError) -> Bool {
        for index in StreamSchema.indexes {
            if try !exists(index.name, on: connection) { return false }
        }
        return true
    }

    private static func version(of connection: PostgresConnection) throws(StateError) -> Int64 {
        // In this order: another consumer may create both at once in between, and those are not foreign.
        let hasUsers = try exists(StateTable.users.name, on: connection)
        guard try exists(versionTable, on: connection) else {
            if hasUsers { throw .foreign(path: connection.url.place) }
            return 0
        }
        let found = try connection.integer("SELECT COALESCE(MAX(version), 0) FROM \(versionTable)") ?? 0
        if found > StateSchema.newest {
            throw .newerSchema(path: connection.url.place, found: found, known: StateSchema.newest)
        }
        return found
    }

    /// Looks a table or an index up along the search path.
    ///
    /// Without a table in the FROM clause, the server would answer from its cache of names, and not see what another
    /// consumer has created while this one waited for the advisory lock.
    private static func exists(_ name: String, on connection: PostgresConnection) throws(StateError) -> Bool {
        try connection.integer("SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('\(name)')") != nil
    }
}
