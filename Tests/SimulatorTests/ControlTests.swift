import Foundation
import ServiceRuntime
import Testing

@testable import Simulator

@Suite("Control API and commands")
struct ControlTests {
    /// Runs a simulator without webhook while `body` sends commands to it.
    private func withSimulator(
        _ body: @Sendable @escaping (_ send: @Sendable ([String]) async throws -> String) async throws -> Void
    ) async throws {
        try await withZitadel { zitadel in
            try await body { arguments in try await zitadel.command(arguments) }
        }
    }

    private struct Answer: Decodable {
        var userId: String?
        var projectId: String?
        var grantId: String?
        var events: [String]
    }

    private static func decoded(_ text: String) throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
    }

    @Test("Each command does its one thing and answers with ids and event ids")
    func commands() async throws {
        try await withSimulator { send in
            _ = try await send(["create-org", "Acme"])
            let project = try Self.decoded(try await send(["create-project", "Portal", "--org", "Acme"]))
            #expect(project.events == ["project/\(project.projectId ?? "")/1"])
            _ = try await send(["add-role", "Portal", "admin", "--display-name", "Administrator"])
            _ = try await send(["add-role", project.projectId ?? "", "viewer"])
            let user = try Self.decoded(
                try await send(["create-user", "zoë / ü", "--email", "z@example.com", "--group", "a", "--group", "b"]))
            let id = try #require(user.userId)
            #expect(user.events == (1...3).map { "user/\(id)/\($0)" })
            _ = try await send(["change-profile", "zoë / ü", "--first-name", "Zoë"])
            _ = try await send(["set-groups", id, "x", "y"])
            _ = try await send(["lock", id])
            _ = try await send(["unlock", id])
            _ = try await send(["deactivate", id])
            let last = try Self.decoded(try await send(["reactivate", "zoë / ü"]))
            #expect(last.events == ["user/\(id)/9"])
            let grant = try Self.decoded(try await send(["grant-role", "zoë / ü", "Portal", "viewer"]))
            let grantID = try #require(grant.grantId)
            #expect(
                try Self.decoded(try await send(["change-roles", grantID, "admin", "viewer"])).events == [
                    "usergrant/\(grantID)/2"
                ])
            #expect(try await send(["users"]).contains(#""groups":["x","y"],"grants":[{"grantId":"\#(grantID)""#))
            #expect(try Self.decoded(try await send(["revoke-grant", grantID])).events == ["usergrant/\(grantID)/3"])
            #expect(try Self.decoded(try await send(["remove-user", id])).events == ["user/\(id)/10"])
            #expect(try await send(["users"]) == "{\"users\":[]}\n")
        }
    }

    @Test("The demo and any event of one's own can be pushed; statistics count them")
    func demoAndEvents() async throws {
        try await withSimulator { send in
            let count = try Self.decoded(try await send(["demo"])).events.count
            let event = try await send(
                ["event", "user.metadata.set", "user", "a/b & c", "--payload", #"{ "key" : "<" }"#])
            #expect(event == "{\"events\":[\"user/a/b & c/1\"]}\n")
            #expect(
                try await send(["stats"])
                    == "{\"events\":\(count + 1),\"delivered\":0,\"refused\":{},"
                    + "\"unreachable\":0,\"dropped\":0,\"pending\":0}\n"
            )
        }
    }

    @Test("A refused command says why")
    func refusals() async throws {
        try await withSimulator { send in
            for (arguments, message) in [
                (["lock", "nobody"], "no user nobody"), (["set-groups", ""], "the simulator answered 404"),
                (["event", "t", "user", "1", "--payload", "[]"], "the payload is no JSON object"),
                (["event", "", "user", "1"], "the query parameter type is missing"),
                (["create-user", "x", "--gender", "y"], "gender is none of unspecified, female, male, diverse"),
            ] {
                let error = await #expect(throws: ControlFailure.self) {
                    try await send(arguments)
                }
                #expect(error?.description == message)
            }
        }
    }

    @Test("A wrong command line is status 2, a simulator that is not there status 1")
    func exitCodes() async {
        func run(_ arguments: String...) async -> CommandRunner.Outcome {
            await CommandRunner.run(SimulatorCommand.self, name: "zitadel-simulator", arguments: arguments)
        }
        #expect(await run("lock").status == 2)
        #expect(await run("serve", "--delivery", "never").status == 2)
        #expect(await run("serve", "--listen", "x").errors == "zitadel-simulator: --listen: is not host:port\n")
        #expect(await run("serve", "--webhook", "ftp://x").status == 2)
        #expect(await run("serve", "--duplicate", "2").status == 2)
        #expect(await run("serve", "--api", "v5").status == 2)
        #expect(await run("serve", "--zitadel-version", "4").status == 2)
        #expect(await run("serve", "--load", "x").errors == "zitadel-simulator: --load: needs --webhook\n")
        #expect(await run("serve", "--store", "/nowhere/store").errors.contains("--store: /nowhere/store cannot be"))
        #expect(await run("serve", "--pat-file", "/nowhere").errors.contains("--pat-file: cannot be read"))
        let absent = await run("stats", "--server", "http://127.0.0.1:1")
        #expect(absent.status == 1)
        #expect(absent.errors.hasPrefix("zitadel-simulator: no simulator answers at http://127.0.0.1:1: "))
    }

    @Test(
        "A body that is wrong is refused with the name of the member",
        arguments: [
            ("{}", "the member username is missing"), (#"{"username":1}"#, "the member username has a wrong type"),
            ("nonsense", "the body is no JSON object"),
        ])
    func badBody(body: String, message: String) {
        let input = ControlAPI.Input(body: Array(body.utf8), query: [:], reference: "")
        #expect(throws: SimulatorError.invalid(message)) {
            let _: NewUser = try input.decoded()
        }
    }
}
