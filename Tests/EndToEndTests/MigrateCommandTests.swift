import Consumer
import Foundation
import TestSupport
import Testing

@Suite("`state migrate`, as a process")
struct MigrateCommandTests {
    private static let older = Array(0..<StateSchema.newest)
    private static let user = "310000000000000001"

    @Test(
        "A state of an older schema is brought to the newest and keeps its users; a second time changes nothing",
        arguments: older, StatePlace.Kind.allCases)
    func upgrade(from version: Int64, _ kind: StatePlace.Kind) async throws {
        let folder = try TemporaryFolder()
        let place = try StatePlace(kind, "upgrade\(version)", in: folder)
        try Self.make(place, version)
        for _ in 0..<2 {
            let migrated = try await Self.run(["state", "migrate"], place, folder)
            #expect(migrated.ending == .exited(0), "\(migrated.log)")
            #expect(migrated.output == "The schema is at version \(StateSchema.newest).\n")
        }
        try await Self.expectUsers(version > 0 ? 1 : 0, place, folder)
    }

    @Test(
        "The statements of --print-sql do the same by any other tool, and printing them touches nothing",
        arguments: older, StatePlace.Kind.allCases)
    func printed(from version: Int64, _ kind: StatePlace.Kind) async throws {
        let folder = try TemporaryFolder()
        let place = try StatePlace(kind, "printed\(version)", in: folder)
        let sql = try await Self.run(
            ["state", "migrate", "--print-sql", "--from-version", "\(version)"], place, folder)
        #expect(sql.ending == .exited(0), "\(sql.log)")
        let before = try await Self.run(["state", "export"], place, folder)
        #expect(before.ending == .exited(1) && before.log.contains("there is no state at"), "\(before.log)")
        try Self.make(place, version)
        try place.execute(sql.output)
        try await Self.expectUsers(version > 0 ? 1 : 0, place, folder)
    }

    @Test("--print-sql needs no database that answers")
    func printedOffline() async throws {
        let folder = try TemporaryFolder()
        let process = try await ProcessUnderTest.start(
            "zitadel-consumer", ["state", "migrate", "--print-sql"],
            environment: ["STATE_URL": "postgresql://nobody@127.0.0.1:1/none"], in: folder.url)
        #expect(try await process.untilEnd() == .exited(0), "\(process.log)")
        #expect(process.output.hasPrefix("BEGIN;\n") && process.output.hasSuffix("COMMIT;\n"))
    }

    @Test("A newer schema is refused with the fix and left alone", arguments: StatePlace.Kind.allCases)
    func newer(_ kind: StatePlace.Kind) async throws {
        let folder = try TemporaryFolder()
        let place = try StatePlace(kind, "newer", in: folder)
        try Self.make(place, StateSchema.newest)
        let table = kind == .sqlite ? "schema_migrations" : "zitadel_state_schema"
        try place.execute("INSERT INTO \(table) (version) VALUES (99)")
        for arguments in [["state", "migrate"], ["state", "export"]] {
            let refused = try await Self.run(arguments, place, folder)
            #expect(refused.ending == .exited(1))
            for text in ["schema 99", "up to \(StateSchema.newest)", "run the newer zitadel-consumer"] {
                #expect(refused.log.contains(text), "\(refused.log)")
            }
        }
    }

    @Test("A version that there is not ends with 2 and names the flag", arguments: ["-1", "99", "x"])
    func wrongVersion(_ version: String) async throws {
        let folder = try TemporaryFolder()
        let process = try await ProcessUnderTest.start(
            "zitadel-consumer", ["state", "migrate", "--print-sql", "--from-version=\(version)"], in: folder.url)
        #expect(try await process.untilEnd() == .exited(2))
        #expect(process.log.contains("--from-version"), "\(process.log)")
    }

    /// The schema as a program of that version left it, with a user where it has a table for them.
    private static func make(_ place: StatePlace, _ version: Int64) throws {
        guard version > 0 else { return }
        let newer = try place.location.schemaSQL(from: version)
        let steps = newer.dropFirst("BEGIN;\n".count).dropLast("COMMIT;\n".count)
        try place.execute(try place.location.schemaSQL(from: 0).replacing(steps, with: ""))
        try place.execute(
            """
            INSERT INTO users (id, created_seq, created_time, org_id, kind, state, state_seq, username, username_seq)
            VALUES ('\(user)', 1, 1, '300', 'human', 'active', 1, 'ada', 1)
            """)
    }

    private static func expectUsers(_ count: Int, _ place: StatePlace, _ folder: TemporaryFolder) async throws {
        let export = try await run(["state", "export"], place, folder)
        #expect(export.ending == .exited(0), "\(export.log)")
        #expect(export.output.values(of: "userId") == Array(repeating: user, count: count))
    }

    private static func run(
        _ arguments: [String], _ place: StatePlace, _ folder: TemporaryFolder
    ) async throws -> (ending: ProcessUnderTest.Ending, output: String, log: String) {
        let process = try await ProcessUnderTest.start(
            "zitadel-consumer", arguments, environment: ["STATE_URL": place.url], in: folder.url)
        let ending = try await process.untilEnd()
        return (ending, process.output, process.log)
    }
}
