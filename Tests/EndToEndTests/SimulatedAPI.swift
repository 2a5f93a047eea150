import Foundation
import TestSupport
import Testing

/// A simulator whose API the bridge asks, and the commands of a bridge beside it.
struct SimulatedAPI: Sendable {
    static let ownerToken = "simulated-owner-token"

    let process: ProcessUnderTest
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }

    init(in pipeline: Pipeline, _ arguments: [String] = []) async throws {
        process = try await ProcessUnderTest.start(
            "zitadel-simulator", ["serve", "--listen", "127.0.0.1:0", "--die-with-parent"] + arguments,
            in: pipeline.folder.url, label: "zitadel")
        port = try #require(Int(try await process.said(after: "{\"listen\":\"127.0.0.1:", upTo: "\"")))
    }

    /// The settings of a bridge that reads this Zitadel.
    func settings(_ pipeline: Pipeline) -> [String: String] {
        [
            "ZITADEL_GRPC_HOST": url, "ZITADEL_PAT": Self.ownerToken,
            "KAFKA_BOOTSTRAP_SERVERS": pipeline.bootstrapServers,
        ]
    }

    /// Stores users whose events are spread over the month that ended yesterday; each has three.
    func createUsers(_ count: Int) async throws {
        let day: Int64 = 86_400_000_000
        let first = Int64(Date().timeIntervalSince1970 * 1_000_000) - 31 * day
        let body = """
            {"count":\(count),"webhooks":false,"createdAt":\(first),"spacingMicroseconds":\(30 * day / Int64(count))}
            """
        let answer = try await HTTPExchange.send("POST", port: port, path: "/bulk/users", body: Array(body.utf8))
        #expect(answer.status == 200, "\(answer.body)")
    }
}

extension Pipeline {
    /// Starts `zitadel-bridge` with a command.
    func start(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> ProcessUnderTest {
        try await ProcessUnderTest.start(
            "zitadel-bridge", arguments, environment: environment, in: folder.url, label: "command-\(UUID().uuidString)"
        )
    }

    /// Runs a command to its end.
    func bridge(
        _ arguments: [String], _ environment: [String: String] = [:], exits status: Int32 = 0
    ) async throws -> ProcessUnderTest {
        let process = try await start(arguments, environment)
        let ending = try await process.untilEnd(within: .seconds(60))
        #expect(ending == .exited(status), "\(arguments): \(process.output)\(process.log)")
        return process
    }
}

extension ProcessUnderTest {
    /// A number of the JSON object on standard output.
    func number(_ name: String) throws -> Int {
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        return try #require(object?[name] as? Int, "\(output)")
    }
}
