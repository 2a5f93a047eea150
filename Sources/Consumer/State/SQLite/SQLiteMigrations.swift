import ServiceRuntime

/// The schema of the SQLite state: numbered steps that only go forward. A step is never edited once released.
enum SQLiteMigrations {
    /// "ZKBS": tells the state from any other SQLite file.
    private static let applicationID: Int64 = 0x5A4B_4253

    private static var newest: Int64 { StateSchema.newest }

    /// Brings the schema to the newest step, each step in a transaction of its own together with its number.
    static func run(on connection: SQLiteConnection) throws(StateError) {
        try refuseForeign(connection)
        if try version(of: connection) == newest { return }
        try connection.execute("BEGIN IMMEDIATE")
        do {
            try migrate(connection)
            try connection.execute("COMMIT")
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    /// Checks without writing that the schema is the newest one.
    static func check(_ connection: SQLiteConnection) throws(StateError) {
        try refuseForeign(connection)
        if try version(of: connection) < newest { throw .missing(path: connection.path) }
    }

    private static func migrate(_ connection: SQLiteConnection) throws(StateError) {
        // Another process may have migrated while this one waited for the lock.
        let found = try version(of: connection)
        try connection.execute(sql(from: found))
        // A step may have emptied values.
        if found > 0 { try SQLiteErasure.note(WallClock.system.microseconds(), in: connection) }
    }

    /// The statements of the steps after `version`.
    static func sql(from version: Int64) -> String {
        var text = ""
        if version == 0 {
            text += """
                PRAGMA application_id = \(applicationID);
                CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY NOT NULL);

                """
        }
        for number in Int(version)..<StateSchema.steps.count {
            text += StateSchema.steps[number]
            text += "\nINSERT INTO schema_migrations (version) VALUES (\(number + 1));\n"
        }
        return text
    }

    private static func version(of connection: SQLiteConnection) throws(StateError) -> Int64 {
        let known = try connection.integer("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'")
        guard known != nil else { return 0 }
        let found = try connection.integer("SELECT MAX(version) FROM schema_migrations") ?? 0
        if found > newest { throw .newerSchema(path: connection.path, found: found, known: newest) }
        return found
    }

    private static func refuseForeign(_ connection: SQLiteConnection) throws(StateError) {
        let id = try connection.integer("PRAGMA application_id") ?? 0
        let isEmpty = try connection.integer("SELECT 1 FROM sqlite_master LIMIT 1") == nil
        if id != applicationID, !(id == 0 && isEmpty) { throw .foreign(path: connection.path) }
    }
}
