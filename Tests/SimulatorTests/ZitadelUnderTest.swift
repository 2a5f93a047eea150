import ArgumentParser
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import Simulator

/// A running simulator, called over real HTTP.
struct ZitadelUnderTest: Sendable {
    let simulation: Simulation
    let port: Int

    /// Calls the Zitadel API.
    ///
    /// - Parameter token: nil sends no authorization.
    func call(
        _ method: String, _ path: String, _ body: String = "", token: String? = "simulated-owner-token",
        headers: [(String, String)] = []
    ) async throws -> HTTPAnswer {
        let authorization = token.map { [("authorization", "Bearer \($0)")] } ?? []
        return try await HTTPExchange.send(
            method, port: port, path: path, headers: authorization + headers, body: Array(body.utf8))
    }

    /// Calls the Zitadel API and reads the answer, which must be 200.
    func json<Answer: Decodable>(
        _ method: String, _ path: String, _ body: String = "", as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let answer = try await call(method, path, body)
        try #require(answer.status == 200, "\(answer.body)")
        return try JSONDecoder().decode(type, from: Data(answer.body.utf8))
    }

    /// The events search.
    func search(_ body: String) async throws -> [FoundEvent] {
        try await json("POST", "/admin/v1/events/_search", body, as: FoundEvents.self).events ?? []
    }

    /// Runs a command of the command line against this simulator.
    @discardableResult
    func command(_ arguments: [String]) async throws -> String {
        let command = try SimulatorCommand.parseAsRoot(arguments)
        let control = try #require(command as? any ControlCommand)
        return try await control.request().send(to: "http://127.0.0.1:\(port)")
    }

    /// - Returns: the id and the signing key.
    func createTarget(
        _ name: String, _ endpoint: String, service: String = "v2", kind: String = #""restWebhook":{}"#
    ) async throws -> (id: String, signingKey: String) {
        struct Created: Decodable {
            var id: String
            var signingKey: String
        }
        let created: Created = try await json(
            "POST", "/\(service)/actions/targets",
            #"{"name":"\#(name)",\#(kind),"endpoint":"\#(endpoint)","timeout":"5s"}"#)
        return (created.id, created.signingKey)
    }

    func setExecution(_ event: String, _ targets: String...) async throws -> HTTPAnswer {
        let ids = targets.map { "\"\($0)\"" }.joined(separator: ",")
        return try await call(
            "PUT", "/v2/actions/executions", #"{"condition":{"event":\#(event)},"targets":[\#(ids)]}"#)
    }
}

struct FoundEvents: Decodable {
    var events: [FoundEvent]?
}

struct FoundEvent: Decodable, Equatable {
    struct Named: Decodable, Equatable {
        var type: String
    }
    struct Aggregate: Decodable, Equatable {
        var id: String
        var type: Named
        var resourceOwner: String?
    }
    struct Editor: Decodable, Equatable {
        var userId: String
        var displayName: String
        var service: String
    }

    var editor: Editor
    var aggregate: Aggregate
    var sequence: String
    var creationDate: String
    var type: Named

    var id: String { "\(aggregate.type.type)/\(aggregate.id)/\(sequence)" }
}

/// Runs a simulator on a free port while `body` runs.
func withZitadel(
    _ configure: (inout SimulatorConfiguration) -> Void = { _ in },
    _ body: @Sendable @escaping (ZitadelUnderTest) async throws -> Void
) async throws {
    var configuration = SimulatorConfiguration()
    configure(&configuration)
    let zitadel = try SimulatedZitadel(configuration, logger: Receiver.logger)
    try await withServices(zitadel.services) {
        try await eventually("it listens") { zitadel.boundAddress != nil }
        let address = try #require(zitadel.boundAddress)
        try await body(ZitadelUnderTest(simulation: zitadel.simulation, port: address.port))
    }
}
