package import EventContract

/// Rebuilds the state in a schema beside the live one: `NAME_rebuild`, and the old tables afterwards: `NAME_previous`.
///
/// The tables move, not the schemas: that of the live state may have tables of others.
package final class PostgresRebuild: StateRebuild {
    /// Schemas by what they are for.
    struct Schemas {
        let live: String
        var rebuilt: String { live + "_rebuild" }
        var previous: String { live + "_previous" }

        /// Bytes of the live one's name: PostgreSQL cuts names at 63 bytes without a word, and then two of the three
        /// could be the same.
        static let liveSizeMax = 63 - "_previous".utf8.count
    }

    private let url: PostgresURL
    /// Holds the lock of `lock`, and that of `holdLive` in a transaction that `swap` ends.
    private var control: PostgresConnection?
    private var schemas = Schemas(live: "")
    private var store: PostgresStore?
    private var positions: PostgresConnection?

    /// "ZKBS", beside the live schema's hash. Another lock than that of the migrations.
    private static let advisoryLock = 0x5A4B_4253
    private static let lockAttempts = 20

    package init(_ url: PostgresURL) { self.url = url }

    package func lock() throws(StateError) {
        let connection = try PostgresConnection(url)
        // The comparison can take minutes, in which the transaction of `holdLive` stands still.
        try connection.execute(
            "SET synchronous_commit = on; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = 0")
        let schema = try connection.text("SELECT \(PostgresRebuildSQL.liveSchema)") ?? "public"
        guard schema.utf8.count <= Schemas.liveSizeMax else {
            throw .nameTooLong(schema: schema, sizeMax: Schemas.liveSizeMax)
        }
        schemas = Schemas(live: schema)
        guard try lock(schema, on: connection) else {
            throw .inUse(path: rebuiltURL.place, process: "of another rebuild")
        }
        control = connection
    }

    /// Tries for two seconds: a server notices the end of a connection, and so of a rebuild, a moment later.
    private func lock(_ schema: String, on connection: PostgresConnection) throws(StateError) -> Bool {
        for attempt in 1...Self.lockAttempts {
            let rows = PostgresRows(
                try connection.query(
                    "SELECT pg_try_advisory_lock(\(Self.advisoryLock), hashtext($1))", [.text(UTF8Text(schema))]))
            if try rows.step(), rows.integer(0) == 1 { return true }
            if attempt < Self.lockAttempts { try connection.execute("SELECT pg_sleep(0.1)") }
        }
        return false
    }

    package func hasPrevious() throws(StateError) -> Bool { try hasTables(schemas.previous) }

    package func begin(again: Bool) throws(StateError) -> [RebuildPositions] {
        if again { _ = try drop(schemas.rebuilt) }
        try control?.execute("CREATE SCHEMA IF NOT EXISTS \(PostgresConnection.quoted(schemas.rebuilt))")
        let store = PostgresStore(rebuiltURL)
        try store.prepare()
        self.store = store
        let connection = try PostgresConnection(rebuiltURL)
        positions = connection
        try connection.execute("SET client_min_messages = warning; \(RebuildPositions.create)")
        return try RebuildPositions.read(PostgresDatabase(rebuiltURL))
    }

    package func apply(_ events: [CanonicalEvent]) throws(StateError) -> ApplyOutcome {
        guard let store else { preconditionFailure("begin comes before apply") }
        return try store.apply(events)
    }

    package func save(_ positions: RebuildPositions) throws(StateError) {
        if let upsert = positions.upsert { try self.positions?.execute(upsert) }
    }

    package func readers() throws(StateError) -> (live: StateReader?, rebuilt: StateReader) {
        let live = try hasTables(schemas.live) ? StateReader(PostgresDatabase(url)) : nil
        return (live, StateReader(PostgresDatabase(rebuiltURL)))
    }

    package func holdLive() throws(StateError) {
        guard let control, try hasTables(schemas.live) else { return }
        // After an upgrade no consumer may have run yet.
        try PostgresMigrations.run(on: control, stream: false)
        try control.execute("BEGIN; \(PostgresRebuildSQL.holdTables(of: schemas.live))")
    }

    package func swap() throws(StateError) {
        guard let control else { preconditionFailure("lock comes before swap") }
        try makeIndexesOfStream(control)
        store = nil
        positions = nil
        var text = "DROP TABLE \(PostgresRebuildSQL.name(schemas.rebuilt, RebuildPositions.table));"
        if try hasTables(schemas.live) {
            text += PostgresRebuildSQL.keepOutbox(of: schemas.live, rebuilt: schemas.rebuilt)
            text += PostgresRebuildSQL.copyRights(from: schemas.live, to: schemas.rebuilt)
            text += "CREATE SCHEMA IF NOT EXISTS \(PostgresConnection.quoted(schemas.previous));"
            text += PostgresRebuildSQL.moveTables(from: schemas.live, to: schemas.previous)
        } else {
            text += "BEGIN;" + PostgresRebuildSQL.moveOutbox(from: schemas.rebuilt, to: schemas.live)
        }
        text += PostgresRebuildSQL.moveTables(from: schemas.rebuilt, to: schemas.live)
        text += "DROP SCHEMA \(PostgresConnection.quoted(schemas.rebuilt)); COMMIT"
        try control.execute(text)
    }

    /// The change stream's, where the live state has them: a consumer that is not the owner could not make them.
    private func makeIndexesOfStream(_ control: PostgresConnection) throws(StateError) {
        for index in StreamSchema.indexes {
            let isThere = try control.integer(PostgresRebuildSQL.has(index.name, in: schemas.live)) != nil
            if isThere { try positions?.execute(index.sql) }
        }
    }

    package func discard() throws(StateError) -> Int64 {
        try drop(schemas.previous) + drop(schemas.rebuilt)
    }

    /// Drops what is ours in a schema, and the schema; what others have put there is an error.
    private func drop(_ schema: String) throws(StateError) -> Int64 {
        guard let control, try control.integer(PostgresRebuildSQL.exists(schema)) != nil else { return 0 }
        let size = try control.integer(PostgresRebuildSQL.size(of: schema)) ?? 0
        try control.execute("SET client_min_messages = warning; \(PostgresRebuildSQL.drop(schema))")
        return size
    }

    private func hasTables(_ schema: String) throws(StateError) -> Bool {
        guard let control else { preconditionFailure("lock comes before the rest") }
        return try control.integer(PostgresRebuildSQL.hasTables(schema)) != nil
    }

    private var rebuiltURL: PostgresURL { url.inSchema(schemas.rebuilt) }
}

extension PostgresConnection {
    /// The first column of the first row; nil when there is no row.
    fileprivate func text(_ sql: String) throws(StateError) -> String? {
        let rows = PostgresRows(try query(sql, []))
        return try rows.step() ? rows.text(0).description : nil
    }
}
