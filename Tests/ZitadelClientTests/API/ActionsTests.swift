import Testing
import ZitadelClient

@Suite("Actions API")
struct ActionsTests {
    static let wanted = TargetSpecification(name: "bridge", endpoint: "https://b/hook", timeoutMilliseconds: 1500)

    /// Serves one flavour; other paths are not there.
    static func server(
        _ flavour: ActionsFlavour, _ answers: [String: ScriptedServer.Reply] = [:]
    ) -> ScriptedServer {
        let base = flavour == .v2 ? "/v2/actions" : "/v2beta/actions"
        let verb = flavour == .v2betaSearch ? "_search" : "search"
        return ScriptedServer { request, _ in
            if let answer = answers["\(request.method) \(request.path)"] { return answer }
            return request.path == "\(base)/executions/\(verb)"
                ? .answer(200) : .answer(404, #"{"code":5,"message":"Not Found","details":[]}"#)
        }
    }

    @Test("The flavour is found and remembered", arguments: ActionsFlavour.allCases)
    func flavour(_ flavour: ActionsFlavour) async throws {
        let server = Self.server(flavour)
        let harness = try APIHarness(server)
        #expect(try await harness.api.actionsFlavour() == flavour)
        #expect(try await harness.api.actionsFlavour() == flavour)
        let paths = [
            "/v2/actions/executions/search", "/v2beta/actions/executions/search", "/v2beta/actions/executions/_search",
        ]
        let index = try #require(ActionsFlavour.allCases.firstIndex(of: flavour))
        #expect(server.requests.map(\.path) == Array(paths[...index]))
    }

    @Test(
        "Other answers for a path that is not there",
        arguments: [(404, "404 page not found"), (405, ""), (501, "{\"code\":12}")])
    func missingPaths(_ status: Int, _ body: String) async throws {
        let server = ScriptedServer { request, _ in
            request.path.hasSuffix("_search") ? .answer(200) : .answer(status, body)
        }
        #expect(try await APIHarness(server).api.actionsFlavour() == .v2betaSearch)
    }

    @Test("A Zitadel without the Actions API is unsupported, one that refuses the token is not")
    func noFlavour() async throws {
        let none = try APIHarness(ScriptedServer(.answer(404, "")))
        let missing = await failure { try await none.api.actionsFlavour() }
        #expect(missing?.disposition == .unsupported)
        let server = ScriptedServer(.answer(403))
        let forbidden = try APIHarness(server)
        let refused = await failure { try await forbidden.api.actionsFlavour() }
        #expect(refused?.disposition == .unauthorized)
        #expect(server.requests.count == 1)
    }

    @Test("A Zitadel that cannot list executions still has its flavour")
    func listBug() async throws {
        let bug = ScriptedServer.Reply.answer(500, #"{"code":13,"message":"Errors.Internal (QUERY-y2u7vctrha)"}"#)
        let server = Self.server(.v2beta, ["POST /v2beta/actions/executions/search": bug])
        let harness = try APIHarness(server)
        #expect(try await harness.api.actionsFlavour() == .v2beta)
        let error = await failure { try await harness.api.eventExecutions() }
        #expect(error?.status == 500)
        #expect(error?.id == "QUERY-y2u7vctrha")
    }

    @Test("After an upgrade of Zitadel the flavour is looked for again")
    func upgrade() async throws {
        let notFound = ScriptedServer.Reply.answer(404, #"{"code":5,"message":"Errors.Target.NotFound (COMMAND-1)"}"#)
        let server = ScriptedServer { request, index in
            let isNew = index >= 3
            if isNew == request.path.hasPrefix("/v2/") { return .answer(200) }
            // There, `targets/_search` is the update of a target with that id.
            return isNew ? notFound : .answer(404, "")
        }
        let harness = try APIHarness(server)
        #expect(try await harness.api.targets(named: "bridge") == [])
        #expect(try await harness.api.targets(named: "bridge") == [])
        #expect(try await harness.api.actionsFlavour() == .v2)
        #expect(
            server.requests.map(\.path) == [
                "/v2/actions/executions/search", "/v2beta/actions/executions/search", "/v2beta/actions/targets/search",
                "/v2beta/actions/targets/search", "/v2/actions/executions/search", "/v2/actions/targets/search",
            ])
    }

    @Test("Targets are read in every shape", arguments: ActionsFlavour.allCases)
    func targets(_ flavour: ActionsFlavour) async throws {
        let list = flavour == .v2betaSearch ? "result" : "targets"
        let path =
            "POST \(flavour == .v2 ? "/v2" : "/v2beta")/actions/targets/\(flavour == .v2betaSearch ? "_" : "")search"
        let items = [
            #"{"id":"1","name":"bridge","restWebhook":{},"endpoint":"e","timeout":"1.500s","signingKey":"k","#
                + #""payloadType":"PAYLOAD_TYPE_JSON","creationDate":"2026-01-02T03:04:05Z"}"#,
            #"{"id":"2","name":"bridge","restCall":{"interruptOnError":true},"timeout":"10s"}"#,
            #"{"id":"3","name":"bridge","restAsync":{}}"#, #"{"id":"4","name":"bridge"}"#,
            #"{"id":"5","name":"bridge2","restAsync":{}}"#, #"{"name":"bridge"}"#,
        ]
        let answer = #"{"pagination":{"totalResult":"6"},"\#(list)":[\#(items.joined(separator: ","))]}"#
        let server = Self.server(flavour, [path: .answer(200, answer)])
        let found = try await APIHarness(server).api.targets(named: "bridge")
        #expect(
            found == [
                ActionTarget(
                    id: "1", name: "bridge", kind: .restWebhook(interruptOnError: false), endpoint: "e",
                    timeoutMilliseconds: 1500, payloadType: "PAYLOAD_TYPE_JSON", signingKey: "k"),
                ActionTarget(
                    id: "2", name: "bridge", kind: .restCall(interruptOnError: true), endpoint: "",
                    timeoutMilliseconds: 10_000),
                ActionTarget(id: "3", name: "bridge", kind: .restAsync, endpoint: "", timeoutMilliseconds: nil),
                ActionTarget(id: "4", name: "bridge", kind: .unknown, endpoint: "", timeoutMilliseconds: nil),
            ])
        #expect(
            server.requests.last?.body
                == #"{"filters":[{"targetNameFilter":{"method":"TEXT_FILTER_METHOD_EQUALS","targetName":"bridge"}}],"#
                + #""pagination":{"asc":true,"limit":100,"offset":"0"}}"#)
    }

    @Test("Executions on events are read page after page, others are left out")
    func executions() async throws {
        let pages = [
            #"{"pagination":{"totalResult":"5"},"executions":["#
                + #"{"condition":{"event":{"event":"user.removed"}},"targets":["1","2"]},"#
                + #"{"condition":{"event":{"group":"user.grant"}},"targets":["1"]}]}"#,
            #"{"pagination":{"totalResult":"5"},"executions":[{"condition":{"event":{"all":true}}},"#
                + #"{"condition":{"function":{"name":"preuserinfo"}},"targets":["1"]},{"condition":{"event":{}}}]}"#,
        ]
        let server = ScriptedServer { _, index in index == 0 ? .answer(200) : .answer(200, pages[index - 1]) }
        let found = try await APIHarness(server).api.eventExecutions()
        #expect(
            found == [
                EventExecution(condition: .event("user.removed"), targets: ["1", "2"]),
                EventExecution(condition: .group("user.grant"), targets: ["1"]),
                EventExecution(condition: .all, targets: []),
            ])
        #expect(
            server.requests.dropFirst().map(\.body)
                == ["0", "2"].map {
                    #"{"filters":[{"executionTypeFilter":{"executionType":"EXECUTION_TYPE_EVENT"}}],"#
                        + #""pagination":{"asc":true,"limit":1000,"offset":"\#($0)"}}"#
                })
    }

    @Test("A list without end is not read to its end")
    func endless() async throws {
        let item = #"{"condition":{"event":{"event":"user.removed"}},"targets":["1"]}"#
        let page = #"{"executions":[\#(Array(repeating: item, count: 1000).joined(separator: ","))]}"#
        let server = ScriptedServer(.answer(200), .answer(200, page))
        let harness = try APIHarness(server)
        let error = await failure { try await harness.api.eventExecutions() }
        #expect(error?.kind == .tooLarge)
        #expect(server.requests.count == 12)
    }

    @Test("A list that says too little of itself ends with its first short page")
    func noTotal() async throws {
        let page = #"{"result":[{"condition":{"event":{"event":"user.removed"}},"targets":["1"]}]}"#
        let server = ScriptedServer(.answer(200), .answer(200, page))
        #expect(try await APIHarness(server).api.eventExecutions().count == 1)
        #expect(server.requests.count == 2)
    }

    @Test("Creating a target sends its specification and reads id and key", arguments: ActionsFlavour.allCases)
    func create(_ flavour: ActionsFlavour) async throws {
        let path = flavour == .v2 ? "/v2/actions/targets" : "/v2beta/actions/targets"
        let server = Self.server(flavour, ["POST \(path)": .answer(201, #"{"id":"344","signingKey":"key"}"#)])
        let target = try await APIHarness(server).api.createTarget(Self.wanted)
        #expect(
            target
                == ActionTarget(
                    id: "344", name: "bridge", kind: .restWebhook(interruptOnError: false),
                    endpoint: "https://b/hook", timeoutMilliseconds: 1500, signingKey: "key"))
        let payloadType = flavour == .v2 ? #""payloadType":"PAYLOAD_TYPE_JSON","# : ""
        #expect(
            server.requests.last?.body
                == #"{"endpoint":"https://b/hook","name":"bridge",\#(payloadType)"#
                + #""restWebhook":{"interruptOnError":false},"timeout":"1.500s"}"#)
    }

    @Test("A name that is taken is said to be")
    func nameTaken() async throws {
        let taken = ScriptedServer.Reply.answer(409, #"{"code":6,"message":"Errors.Target.AlreadyExists (COMMAND-9)"}"#)
        let server = Self.server(.v2, ["POST /v2/actions/targets": taken])
        let harness = try APIHarness(server)
        let error = await failure { try await harness.api.createTarget(Self.wanted) }
        #expect(error?.status == 409)
        #expect(error?.code == 6)
        #expect(error?.disposition == .stop)
    }

    @Test("Updating, rotating the key, deleting and setting an execution")
    func writing() async throws {
        let server = Self.server(
            .v2,
            [
                "POST /v2/actions/targets/3%2F4": .answer(200, #"{"changeDate":"x","signingKey":"new"}"#),
                "DELETE /v2/actions/targets/3%2F4": .answer(200), "PUT /v2/actions/executions": .answer(200),
                "DELETE /v2/actions/targets/%2E%2E": .answer(404, #"{"code":5,"message":"gone (COMMAND-1)"}"#),
            ])
        let api = try APIHarness(server).api
        try await api.updateTarget(id: "3/4", to: Self.wanted)
        #expect(try await api.rotateSigningKey(ofTarget: "3/4") == "new")
        try await api.deleteTarget(id: "3/4")
        try await api.deleteTarget(id: "..")
        try await api.setExecution(EventExecution(condition: .event("user.removed"), targets: ["1"]))
        try await api.setExecution(EventExecution(condition: .group("user.grant"), targets: []))
        try await api.setExecution(EventExecution(condition: .all, targets: ["1", "2"]))
        let bodies = server.requests.map(\.body)
        #expect(bodies[2] == #"{"expirationSigningKey":"0s"}"#)
        #expect(bodies[3].isEmpty)
        #expect(
            bodies.suffix(3) == [
                #"{"condition":{"event":{"event":"user.removed"}},"targets":["1"]}"#,
                #"{"condition":{"event":{"group":"user.grant"}},"targets":[]}"#,
                #"{"condition":{"event":{"all":true}},"targets":["1","2"]}"#,
            ])
    }

    @Test("Instance and event types are read; what is left out is empty")
    func instance() async throws {
        let server = ScriptedServer(
            .answer(200, #"{"instance":{"id":"290","name":"main","version":"v4.2.0","domains":[{}]}}"#),
            .answer(200, #"{"instance":{"id":"290"}}"#),
            .answer(200, #"{"eventTypes":[{"type":"user.added","localized":{"key":"k"}},{},{"type":"org.added"}]}"#),
            .answer(200))
        let api = try APIHarness(server).api
        #expect(try await api.instance() == ZitadelInstance(id: "290", name: "main", version: "v4.2.0"))
        #expect(try await api.instance() == ZitadelInstance(id: "290", name: "", version: ""))
        #expect(try await api.eventTypes() == ["user.added", "org.added"])
        #expect(try await api.eventTypes() == [])
        #expect(server.requests[0].method == "GET")
        #expect(server.requests[0].path == "/admin/v1/instances/me")
        #expect(server.requests[2].path == "/admin/v1/events/types/_search")
    }
}
