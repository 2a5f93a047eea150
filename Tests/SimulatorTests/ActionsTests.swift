import Foundation
import TestSupport
import Testing

@testable import Simulator

@Suite("Actions API")
struct ActionsTests {
    struct Targets: Decodable {
        struct Target: Decodable {
            var id: String
            var name: String
            var signingKey: String
            var endpoint: String
            var timeout: String
            var payloadType: String?
        }
        struct Page: Decodable {
            var totalResult: String?
            var appliedLimit: String
        }
        var pagination: Page
        var targets: [Target]?
        var result: [Target]?
    }

    static let endpoint = "http://127.0.0.1:1/hook"

    @Test("Each flavour serves its own list paths and members", arguments: APIFlavour.allCases)
    func flavours(_ flavour: APIFlavour) async throws {
        try await withZitadel {
            $0.flavour = flavour
        } _: { zitadel in
            _ = try await zitadel.createTarget("t", Self.endpoint, service: "v2beta")
            var served: [String] = []
            for path in [
                "/v2/actions/targets/search", "/v2beta/actions/targets/search", "/v2beta/actions/targets/_search",
            ] {
                // On the other flavours a list path is read as the id of a target to change.
                let answer = try await zitadel.call("POST", path)
                guard answer.status == 200 else {
                    #expect(answer.status == 404)
                    continue
                }
                served.append(path)
                let list = try JSONDecoder().decode(Targets.self, from: Data(answer.body.utf8))
                #expect((flavour == .v3 ? list.result : list.targets)?.map(\.name) == ["t"])
                #expect((flavour == .v3 ? list.targets : list.result) == nil)
            }
            switch flavour {
            case .v4: #expect(served == ["/v2/actions/targets/search", "/v2beta/actions/targets/search"])
            case .v4BetaOnly: #expect(served == ["/v2beta/actions/targets/search"])
            case .v3: #expect(served == ["/v2beta/actions/targets/_search"])
            }
            let executions = try await zitadel.call(
                "POST", "/v2beta/actions/executions/\(flavour == .v3 ? "_search" : "search")")
            #expect(executions.body == #"{"pagination":{"appliedLimit":"100"}}"#)
        }
    }

    @Test("A target is created, read, changed, listed with its key, and deleted twice")
    func targets() async throws {
        try await withZitadel { zitadel in
            let (id, key) = try await zitadel.createTarget("t", Self.endpoint)
            #expect(key.count == 36)
            let read = try await zitadel.call("GET", "/v2/actions/targets/\(id)").body
            #expect(
                read.contains(
                    #""restWebhook":{},"timeout":"5s","endpoint":"\#(Self.endpoint)","signingKey":"\#(key)"}"#))
            struct Changed: Decodable {
                var changeDate: String
                var signingKey: String?
            }
            let path = "/v2/actions/targets/\(id)"
            let same: Changed = try await zitadel.json("POST", path, #"{"name":"t"}"#)
            let changed: Changed = try await zitadel.json(
                "POST", path,
                #"{"timeout":"1.5s","payloadType":"PAYLOAD_TYPE_JSON","restCall":{"interruptOnError":true}}"#)
            #expect(changed.changeDate > same.changeDate)
            #expect(changed.signingKey == nil)
            let rotated: Changed = try await zitadel.json("POST", path, #"{"expirationSigningKey":"0s"}"#)
            let list: Targets = try await zitadel.json("POST", "/v2/actions/targets/search")
            let listed = try #require(list.targets?.first)
            #expect(listed.signingKey == rotated.signingKey)
            #expect(listed.signingKey != key)
            #expect(listed.timeout == "1.500s")
            #expect(listed.payloadType == "PAYLOAD_TYPE_JSON")
            let beta: Targets = try await zitadel.json("POST", "/v2beta/actions/targets/search")
            #expect(beta.targets?.first?.payloadType == nil)
            #expect(try await zitadel.call("DELETE", path).body.hasPrefix(#"{"deletionDate":"#))
            #expect(try await zitadel.call("DELETE", path).body == "{}")
            #expect(try await zitadel.call("GET", path).status == 404)
            let types = try await zitadel.search(#"{"asc":true,"aggregateTypes":["target"]}"#).map(\.type.type)
            #expect(types == ["target.added", "target.changed", "target.changed", "target.removed"])
        }
    }

    @Test("Names are unique, and what is wrong with a target is refused")
    func refusals() async throws {
        try await withZitadel { zitadel in
            let (id, _) = try await zitadel.createTarget("a", Self.endpoint)
            _ = try await zitadel.createTarget("b", Self.endpoint)
            let twice = try await zitadel.call(
                "POST", "/v2/actions/targets", #"{"name":"a","restAsync":{},"endpoint":"http://x","timeout":"5s"}"#)
            #expect(twice.status == 409)
            #expect(twice.body.hasPrefix(#"{"code":6,"#))
            #expect(try await zitadel.call("POST", "/v2/actions/targets/\(id)", #"{"name":"b"}"#).status == 409)
            for body in [
                #"{"restWebhook":{},"endpoint":"http://x","timeout":"5s"}"#,
                #"{"name":"c","restWebhook":{},"timeout":"5s"}"#,
                #"{"name":"c","endpoint":"http://x","timeout":"5s"}"#,
                #"{"name":"c","restCall":{},"endpoint":"http://x"}"#,
                #"{"name":"c","restCall":{},"endpoint":"http://x","timeout":"0s"}"#,
                #"{"name":"c","restCall":{},"endpoint":"http://x","timeout":"271s"}"#,
                #"{"name":"c","restCall":{},"endpoint":"nowhere","timeout":"5s"}"#,
                #"{"name":"c","restCall":{},"restAsync":{},"endpoint":"http://x","timeout":"5s"}"#,
            ] {
                #expect(try await zitadel.call("POST", "/v2/actions/targets", body).status == 400, "\(body)")
            }
            let late = try await zitadel.call("POST", "/v2/actions/targets/\(id)", #"{"expirationSigningKey":"5s"}"#)
            #expect(late.status == 400)
            #expect(try await zitadel.call("POST", "/v2/actions/targets/404", #"{"name":"x"}"#).status == 404)
        }
    }

    @Test("Setting an execution replaces its targets; without targets it is gone")
    func executions() async throws {
        try await withZitadel { zitadel in
            let (a, _) = try await zitadel.createTarget("a", Self.endpoint)
            let (b, _) = try await zitadel.createTarget("b", Self.endpoint)
            let event = #"{"event":"user.human.added"}"#
            let first = try await zitadel.setExecution(event, a).body
            #expect(try await zitadel.setExecution(event, a).body == first)
            #expect(try await zitadel.setExecution(event, b, a).body != first)
            #expect(try await zitadel.setExecution(#"{"group":"user.grant"}"#, b).status == 200)
            #expect(try await zitadel.setExecution(#"{"all":true}"#, a).status == 200)
            _ = try await zitadel.call(
                "PUT", "/v2/actions/executions",
                #"{"condition":{"function":{"name":"preuserinfo"}},"targets":["\#(a)"]}"#)
            func list(_ filter: String) async throws -> String {
                try await zitadel.call(
                    "POST", "/v2/actions/executions/search", #"{"pagination":{"asc":true},"filters":[\#(filter)]}"#
                ).body
            }
            let events = try await list(#"{"executionTypeFilter":{"executionType":"EXECUTION_TYPE_EVENT"}}"#)
            #expect(events.hasPrefix(#"{"pagination":{"totalResult":"3","appliedLimit":"100"},"executions":["#))
            #expect(events.contains(#"{"condition":{"event":{"event":"user.human.added"}},"#))
            #expect(events.contains(#""targets":["\#(b)","\#(a)"]}"#))
            #expect(events.contains(#"{"condition":{"event":{"group":"user.grant"}},"#))
            #expect(events.contains(#"{"condition":{"event":{"all":true}},"#))
            #expect(try await list(#"{"targetFilter":{"targetId":"\#(b)"}}"#).contains(#""totalResult":"2""#))
            let one = try await list(#"{"inConditionsFilter":{"conditions":[{"event":{"all":true}}]}}"#)
            #expect(one.contains(#""totalResult":"1""#))
            #expect(try await zitadel.setExecution(event).status == 200)
            #expect(try await list("").contains(#""totalResult":"3""#))
            _ = try await zitadel.call("DELETE", "/v2/actions/targets/\(a)")
            #expect(try await list("").contains(#""totalResult":"1""#))
        }
    }

    @Test("Unknown event types, groups with a star and unknown targets are not found")
    func unknown() async throws {
        try await withZitadel {
            $0.unknownEventTypes = ["user.grant.added"]
        } _: { zitadel in
            let (id, _) = try await zitadel.createTarget("a", Self.endpoint)
            for event in [
                #"{"event":"user.nonsense"}"#, #"{"group":"user.grant.*"}"#, #"{"event":"user.grant.added"}"#,
                #"{"group":"nonsense"}"#,
            ] {
                let answer = try await zitadel.setExecution(event, id)
                #expect(answer.status == 404, "\(event)")
                #expect(answer.body.contains("Errors.Execution.ConditionInvalid"))
            }
            #expect(try await zitadel.setExecution(#"{"event":"user.locked"}"#, "1").body.contains("Target.NotFound"))
            #expect(try await zitadel.setExecution("{}", id).status == 400)
            let types = try await zitadel.call("POST", "/admin/v1/events/types/_search", "{}").body
            #expect(types.contains(#"{"type":"user.human.added","localized":{"#))
            #expect(!types.contains(#""type":"user.grant.added""#))
        }
    }

    @Test("Lists have pages and filters, and refuse more than 1000")
    func lists() async throws {
        try await withZitadel { zitadel in
            for name in ["a1", "a2", "b"] { _ = try await zitadel.createTarget(name, Self.endpoint) }
            func names(_ body: String) async throws -> [String] {
                let list: Targets = try await zitadel.json("POST", "/v2/actions/targets/search", body)
                return list.targets?.map(\.name) ?? []
            }
            #expect(try await names(#"{"pagination":{"asc":true,"limit":2}}"#) == ["a1", "a2"])
            #expect(try await names(#"{"pagination":{"offset":"2","asc":true}}"#) == ["b"])
            #expect(
                try await names(
                    #"{"filters":[{"targetNameFilter":{"targetName":"a","method":"TEXT_FILTER_METHOD_STARTS_WITH"}}]}"#)
                    == ["a2", "a1"])
            #expect(try await names(#"{"filters":[{"targetNameFilter":{"targetName":"a"}}]}"#) == [])
            let many = try await zitadel.call("POST", "/v2/actions/targets/search", #"{"pagination":{"limit":1001}}"#)
            #expect(many.status == 400)
        }
    }

    @Test("The deny list of a release refuses loopback, later private addresses, and names that do not resolve")
    func denyList() throws {
        func list(_ version: String) -> DenyList? { ReportedVersion(version).flatMap { DenyList(version: $0) } }
        #expect(list("4.11.0") == nil)
        let loopback = try #require(list("4.11.1"))
        let all = try #require(list("4.15.2"))
        // Too long to be asked for, so that the test does not wait for name servers.
        let unresolvable = String(repeating: "a", count: 300)
        for host in ["127.0.0.1", "::1", "localhost", unresolvable] {
            #expect(loopback.denies(host: host))
            #expect(all.denies(host: host))
        }
        for host in ["10.1.2.3", "172.31.0.1", "192.168.0.1", "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"] {
            #expect(!loopback.denies(host: host))
            #expect(all.denies(host: host))
        }
        for host in ["172.32.0.1", "8.8.8.8", "100.128.0.1", "2001:db8::1"] { #expect(!all.denies(host: host)) }
    }

    @Test("With the deny list a target at loopback cannot be created")
    func denied() async throws {
        try await withZitadel {
            $0.checksDenyList = true
        } _: { zitadel in
            let answer = try await zitadel.call(
                "POST", "/v2/actions/targets",
                #"{"name":"c","restWebhook":{},"endpoint":"http://127.0.0.1:1/","timeout":"5s"}"#)
            #expect(answer.status == 400)
            #expect(answer.body.contains("Errors.Target.DeniedURL"))
        }
    }
}
