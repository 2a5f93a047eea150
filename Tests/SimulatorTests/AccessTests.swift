import TestSupport
import Testing

@testable import Simulator

@Suite("Access to the Zitadel API")
struct AccessTests {
    @Test("No token, a wrong one and a foreign scheme are 401")
    func unauthenticated() async throws {
        try await withZitadel { zitadel in
            for token in [nil, "wrong", ""] as [String?] {
                let answer = try await zitadel.call("GET", "/admin/v1/instances/me", token: token)
                #expect(answer.status == 401)
                #expect(answer.body.hasPrefix(#"{"code":16,"message":"Errors.Token.Invalid (AUTH-7fs1e)","details":"#))
            }
            let basic = try await zitadel.call(
                "GET", "/admin/v1/instances/me", token: nil, headers: [("authorization", "Basic eDp5")])
            #expect(basic.status == 401)
        }
    }

    @Test("A viewer reads everything and changes nothing")
    func viewer() async throws {
        try await withZitadel {
            $0.viewerToken = "v"
        } _: { zitadel in
            let (id, _) = try await zitadel.createTarget("t", "http://127.0.0.1:1/")
            for (method, path) in [
                ("GET", "/admin/v1/instances/me"), ("POST", "/admin/v1/events/_search"),
                ("POST", "/admin/v1/events/types/_search"), ("POST", "/v2/actions/targets/search"),
                ("POST", "/v2/actions/executions/search"), ("GET", "/v2/actions/targets/\(id)"),
            ] {
                #expect(try await zitadel.call(method, path, token: "v").status == 200, "\(path)")
            }
            for (method, path) in [
                ("POST", "/v2/actions/targets"), ("POST", "/v2/actions/targets/\(id)"),
                ("DELETE", "/v2beta/actions/targets/\(id)"), ("PUT", "/v2/actions/executions"),
            ] {
                let answer = try await zitadel.call(method, path, token: "v")
                #expect(answer.status == 403, "\(path)")
                #expect(answer.body.hasPrefix(#"{"code":7,"#))
            }
        }
    }

    @Test("The instance tells its id and version; health needs no token")
    func instance() async throws {
        try await withZitadel {
            $0.instanceID = "42"
            $0.version = ReportedVersion("v4.1.2")
        } _: { zitadel in
            let answer = try await zitadel.call("GET", "/admin/v1/instances/me").body
            #expect(answer.contains(#""id":"42""#))
            #expect(answer.contains(#""version":"v4.1.2""#))
            #expect(try await zitadel.call("GET", "/debug/healthz", token: nil).body == "ok")
            #expect(try await zitadel.call("GET", "/debug/ready", token: nil).body == "\"ok\"")
        }
    }

    @Test("An instance with a host answers for no other")
    func host() async throws {
        try await withZitadel {
            $0.instanceHost = "id.example.com"
        } _: { zitadel in
            #expect(try await zitadel.call("GET", "/admin/v1/instances/me").status == 404)
            let answer = try await zitadel.call(
                "GET", "/admin/v1/instances/me", headers: [("x-zitadel-instance-host", "id.example.com")])
            #expect(answer.status == 200)
        }
    }

    @Test("Calls are counted by method and path, ids apart, unknown paths too")
    func counted() async throws {
        try await withZitadel { zitadel in
            for _ in 0..<3 { _ = try await zitadel.search("{}") }
            _ = try await zitadel.call("GET", "/v2/actions/targets/1")
            _ = try await zitadel.call("POST", "/v2/nothing", token: nil)
            #expect(
                try await zitadel.command(["calls"]) == #"{"GET /v2/actions/targets/:id":1,"#
                    + #""POST /admin/v1/events/_search":3,"POST /v2/nothing":1}"# + "\n")
            try await zitadel.command(["calls", "--reset"])
            #expect(try await zitadel.command(["calls"]) == "{}\n")
        }
    }
}
