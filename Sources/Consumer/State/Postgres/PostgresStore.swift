package import EventContract

/// The state in a PostgreSQL database, for any number of consumers at once.
///
/// One thread at a time. It connects when it is needed; after an error it connects again.
package final class PostgresStore: StateStore {
    private struct Session {
        let connection: PostgresConnection
        let writer: PostgresFactWriter
    }

    private let url: PostgresURL
    private var session: Session?
    private let statementsMax: Int
    private let marksChanges: Bool
    private var merge = BatchMerge()

    /// How often a batch is tried that another transaction stood in the way of.
    private static let contendedAttemptsMax = 5

    /// - Parameters:
    ///   - stream: whether each transaction also marks the users whose lines it may have changed.
    ///   - statementsMax: how many sets of registers have a prepared statement before all are made anew.
    package init(
        _ url: PostgresURL, stream: Bool = false, statementsMax: Int = PostgresFactWriter.statementsMax
    ) {
        self.url = url
        marksChanges = stream
        self.statementsMax = statementsMax
    }

    package func prepare() throws(StateError) { _ = try connected() }

    package private(set) var appliedEvents: [Int] = []

    package func apply(_ events: [CanonicalEvent]) throws(StateError) -> ApplyOutcome {
        appliedEvents = []
        if events.isEmpty { return ApplyOutcome() }
        merge.merge(events)
        defer { merge.reset() }
        var attempt = 1
        while true {
            do throws(StateError) {
                return try writeMerged()
            } catch {
                session = nil
                guard case .contended = error, attempt < Self.contendedAttemptsMax else { throw error }
                attempt += 1
            }
        }
    }

    /// Old versions of rows are the server's to remove.
    package func settle(_ moment: SettleMoment) -> Settling { .nothingToTell }

    private func writeMerged() throws(StateError) -> ApplyOutcome {
        let session = try connected()
        // Every upsert looks at the newest committed row by itself, which is what READ COMMITTED is for.
        try session.connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        let outcome = try session.writer.write(merge)
        try UserRemovals(merge, changed: session.writer.changedRows).emptyMetadata(in: session.connection)
        if marksChanges { try StreamMarks(merge, changed: session.writer.changedRows).write(to: session.connection) }
        try session.connection.execute("COMMIT")
        appliedEvents = session.writer.appliedEvents
        return outcome
    }

    private func connected() throws(StateError) -> Session {
        if let session { return session }
        let connection = try PostgresConnection(url)
        try connection.execute(Self.settings)
        try PostgresMigrations.run(on: connection, stream: marksChanges)
        let session = Session(connection: connection, writer: PostgresFactWriter(connection, statementsMax))
        self.session = session
        return session
    }

    /// The transaction has to survive a power cut, because offsets are committed to Kafka right after it. Locks of a
    /// consumer whose machine is gone are freed by the server within a minute.
    private static let settings = """
        SET synchronous_commit = on; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s'
        """
}
