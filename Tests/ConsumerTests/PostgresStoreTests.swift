import EventContract
import TestSupport
import Testing

@testable import Consumer

@Suite("The PostgreSQL store")
struct PostgresStoreTests {
    @Test("Two consumers apply the same events at once, in any order: no deadlock, and the same state")
    func twoWriters() async throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState(.postgres)
        try await withThrowingTaskGroup(of: ApplyOutcome.self) { group in
            for seed in 0..<4 {
                let location = state.location
                group.addTask {
                    var generator = SeededGenerator(seed: UInt64(seed))
                    let store = try location.store()
                    return try store.apply(history.events.shuffled(using: &generator))
                }
            }
            for try await outcome in group {
                #expect(outcome.applied + outcome.alreadyApplied == history.events.count)
                #expect(outcome.conflicting == 0)
            }
        }
        expectSameLines(try state.export(), history.export)
    }

    @Test("A transaction that the server ends for a deadlock is done again")
    func deadlock() async throws {
        let state = try TemporaryState(.postgres)
        let store = try state.store()
        _ = try store.apply([try EventMaker.created("u1", 1, at: 1), try EventMaker.created("u2", 1, at: 1)])
        let other = try PostgresConnection(try PostgresURL(state.url))
        try other.execute("SET deadlock_timeout = '1min'; BEGIN; UPDATE users SET name = 'x' WHERE id = 'u2'")
        let events = [
            try EventMaker.user("locked", "u1", 2, at: 2), try EventMaker.user("locked", "u2", 2, at: 2),
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (location, schema) = (state.location, state.schema)
            group.addTask { () async throws in
                #expect(try location.store().apply(events) == ApplyOutcome(applied: 2))
            }
            try await eventually("the store waits for u2 and holds u1") {
                try Self.count("wait_event_type = 'Lock'", in: schema) == 1
            }
            // Closes the circle. The store looks first, after a second, and is the one whose transaction is ended.
            try other.execute("UPDATE users SET name = 'x' WHERE id = 'u1'; COMMIT")
            try await group.waitForAll()
        }
        #expect(try Summary.of("u1", in: state) == "o1 locked u1-1")
        #expect(try Summary.of("u2", in: state) == "o1 locked u2-1")
    }

    @Test("Who stands still with rows in hand loses them after 15 s, and who wants them waits 5 s at a time")
    func standingStill() throws {
        let state = try TemporaryState(.postgres)
        _ = try state.store().apply([try EventMaker.created("u1", 1, at: 1)])
        guard case .postgres(let url) = state.location else { preconditionFailure("a state on PostgreSQL") }
        let update = "UPDATE users SET name = 'x' WHERE id = $1"
        let (first, second) = (PostgresDatabase(url), PostgresDatabase(url))
        let start = ContinuousClock.now
        let error = #expect(throws: StateError.self) {
            try first.transaction { () throws(StateError) in
                _ = try first.write(update, [[.text("u1")]])
                // Meanwhile this process does nothing else: as if it, or its machine, stood still.
                #expect(throws: StateError.contended(place: url.place)) {
                    try second.transaction { () throws(StateError) in try second.write(update, [[.text("u1")]]) }
                }
                #expect(ContinuousClock.now - start < .seconds(14))
                var written = 0
                while written == 0, ContinuousClock.now - start < .seconds(60) {
                    written = (try? second.write(update, [[.text("u1")]])) ?? 0
                }
                #expect(written == 1)
                _ = try first.write(update, [[.text("u1")]])
            }
        }
        #expect(error?.disposition == .retry)
        #expect(try first.write(update, [[.text("u1")]]) == 1, "it connects again")
    }

    @Test(
        "What passes by itself is tried again: failovers, restarts, sessions that stood idle",
        arguments: ["25006", "25P03", "57P01", "57P03", "57P05", "53300", "08006", "40001", "55P03"])
    func passing(_ code: String) {
        #expect(PostgresConnection.failure(sqlState: code, reason: "", place: "x").disposition == .retry)
    }

    @Test("A connection that the server ends may be retried, and the retry connects again")
    func connectionLost() throws {
        let state = try TemporaryState(.postgres)
        let store = try state.store()
        let event = try EventMaker.created("u1", 1, at: 1)
        _ = try store.apply([event])
        try TemporaryState.administer(
            """
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
            WHERE application_name = '\(state.schema)'
            """)
        let second = try EventMaker.user("locked", "u1", 2, at: 2)
        #expect {
            try store.apply([second])
        } throws: { error in
            guard let error = error as? StateError, case .unavailable = error else { return false }
            return error.disposition == .retry
        }
        #expect(try store.apply([second]) == ApplyOutcome(applied: 1))
    }

    @Test("A server that cannot be reached is tried again, and its error names the place and no password")
    func unreachable() throws {
        let store = try StateLocation(url: "postgresql://app:canary@/scope?host=/no/such/folder").store()
        #expect {
            try store.prepare()
        } throws: { error in
            guard let error = error as? StateError, case .unavailable(let place, _) = error else { return false }
            #expect(place == "postgresql://app@/no/such/folder/scope" && error.disposition == .retry)
            return !"\(error)".contains("canary")
        }
    }

    @Test("A wrong password is not told; the right one comes from the URL")
    func password() throws {
        let user = PostgresCluster.passwordUser
        try TemporaryState.administer("DROP ROLE IF EXISTS \(user); CREATE ROLE \(user) LOGIN PASSWORD 'can@ary-right'")
        defer { try? TemporaryState.administer("DROP ROLE \(user)") }
        let wrong = try PostgresURL(PostgresCluster.shared.url(user: user, password: "canary-wrong"))
        #expect {
            try PostgresConnection(wrong)
        } throws: { error in
            let text = "\(error)"
            return text.contains("password authentication failed") && text.contains(user) && !text.contains("canary")
        }
        let right = try PostgresURL(PostgresCluster.shared.url(user: user, password: "can%40ary-right"))
        #expect(try PostgresConnection(right).integer("SELECT 1") == 1)
    }

    @Test("An error of the server does not quote the password, whatever the statement")
    func redaction() throws {
        let url = try PostgresURL(PostgresCluster.shared.url(user: "postgres", password: "canary"))
        #expect {
            try PostgresConnection(url).execute("SELECT canary")
        } throws: { error in
            guard case .refused(_, "42703", let reason)? = error as? StateError else { return false }
            return reason.contains("<redacted>") && !"\(error)".contains("canary")
        }
    }

    @Test("Consumers that start together migrate once")
    func migrateTogether() async throws {
        let state = try TemporaryState(.postgres)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let location = state.location
            for _ in 0..<6 { group.addTask { try location.store().prepare() } }
            try await group.waitForAll()
        }
        let connection = try PostgresConnection(try PostgresURL(state.url))
        #expect(try connection.integer("SELECT count(*) FROM zitadel_state_schema") == StateSchema.newest)
    }

    @Test("A newer schema and another program's tables are refused, each with its fix")
    func unusableSchemas() throws {
        let newer = try TemporaryState(.postgres)
        try newer.store().prepare()
        try newer.execute("INSERT INTO zitadel_state_schema VALUES (99)")
        let place = try PostgresURL(newer.url).place
        let expected = StateError.newerSchema(path: place, found: 99, known: StateSchema.newest)
        #expect(throws: expected) { try newer.store().prepare() }
        #expect(throws: expected) { try newer.reader().user("u1") }
        #expect(expected.disposition == .stop)

        let foreign = try TemporaryState(.postgres)
        try foreign.execute("CREATE TABLE users (id INT)")
        #expect(throws: StateError.foreign(path: place)) { try foreign.store().prepare() }
    }

    @Test("A user with the rights of the operations guide applies and reads, but may not migrate")
    func leastRights() throws {
        let state = try TemporaryState(.postgres)
        let (schema, role) = (state.schema, "app_\(state.schema)")
        try TemporaryState.administer("CREATE ROLE \(role) LOGIN; GRANT USAGE ON SCHEMA \(schema) TO \(role)")
        defer { try? TemporaryState.administer("DROP OWNED BY \(role); DROP ROLE \(role)") }
        let location = try StateLocation(url: PostgresCluster.shared.url(user: role, searchPath: schema))
        #expect {
            try location.store().prepare()
        } throws: { error in
            guard case .notPermitted? = error as? StateError else { return false }
            return "\(error)".contains("zitadel-consumer state migrate")
        }
        try state.store().prepare()
        try TemporaryState.administer("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA \(schema) TO \(role)")
        let history = try GoldenHistory.small()
        _ = try location.store().apply(history.events)
        let export = StateExport(try location.reader(), groupsKey: "groups") { _ in }
        var bytes: [UInt8] = []
        try export.write { (piece) throws(StateError) in bytes += piece }
        #expect(String(decoding: bytes, as: UTF8.self) == history.export)
    }

    @Test("A database in another encoding is refused")
    func encoding() throws {
        try TemporaryState.administer("DROP DATABASE IF EXISTS latin")
        try TemporaryState.administer(
            "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc")
        let url = PostgresCluster.shared.url().replacing("/postgres?", with: "/latin?")
        let place = try PostgresURL(url).place
        #expect(throws: StateError.wrongEncoding(place: place, found: "LATIN1")) {
            try StateLocation(url: url).store().prepare()
        }
    }

    @Test("More sets of registers than statements are kept for are written alike")
    func manyStatements() throws {
        let state = try TemporaryState(.postgres)
        let store = PostgresStore(try PostgresURL(state.url), statementsMax: 4)
        let names = ["firstName", "lastName", "nickName", "displayName"]
        var events = [try EventMaker.created("u1", 1, at: 1)]
        for set in 1..<16 {
            let members = names.indices.filter { set >> $0 & 1 == 1 }.map { (names[$0], "\"\(set)\"") }
            events.append(
                try EventMaker.event("user.human.profile.changed", of: "user", "u1", set + 1, at: 2, in: "o1", members))
        }
        // A removal has a statement of its own beside those of the rows, which is made anew as well.
        #expect(try store.apply([EventMaker.user("removed", "u2", 2, at: 2)]).applied == 1)
        for event in events { #expect(try store.apply([event]).applied == 1) }
        #expect(try store.apply([EventMaker.user("removed", "u3", 2, at: 2)]).applied == 1)
        for event in events { #expect(try store.apply([event]).alreadyApplied == 1) }
        let profile = try #require(try state.reader().user("u1")).profile
        #expect(
            [profile.firstName, profile.lastName, profile.nickName, profile.displayName] == ["15", "15", "15", "15"])
    }

    /// How many connections of the state are as `condition` says.
    private static func count(_ condition: String, in schema: String) throws -> Int64? {
        try PostgresConnection(try PostgresURL(PostgresCluster.shared.url())).integer(
            """
            SELECT count(*) FROM pg_stat_activity WHERE \(condition) \
            AND application_name = '\(schema)'
            """)
    }
}
