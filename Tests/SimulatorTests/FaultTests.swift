import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import Simulator

@Suite("Faults")
struct FaultTests {
    private static func withReceiver(
        seed: UInt64 = 1, _ body: @Sendable @escaping (ZitadelUnderTest, Receiver) async throws -> Void
    ) async throws {
        let receiver = Receiver()
        try await receiver.run { url in
            try await withZitadel {
                $0.seed = seed
                $0.webhook = .init(url: url + "/webhook", signingKey: "k")
            } _: { zitadel in
                try await body(zitadel, receiver)
            }
        }
    }

    private static func drained(_ zitadel: ZitadelUnderTest) async throws {
        try await eventually("all done") { zitadel.simulation.queue.statistics.pending == 0 }
    }

    @Test("The same seed drops and doubles the same webhooks; all events are in the search")
    func dropAndDuplicate() async throws {
        func bodies(_ seed: UInt64) async throws -> [Int] {
            let box = Box<[Int]>([])
            try await Self.withReceiver(seed: seed) { zitadel, receiver in
                try await zitadel.command(["fault", "set", "--drop", "0.3", "--duplicate", "0.3"])
                for number in 0..<40 { try await zitadel.command(["event", "t", "a", "\(number)"]) }
                try await Self.drained(zitadel)
                box.value = (0..<40).map { number in
                    receiver.bodies.count { $0.contains(#""aggregateID":"\#(number)""#) }
                }
                #expect(try await zitadel.search("{}").count == 40)
            }
            return box.value
        }
        let first = try await bodies(1)
        #expect(first == (try await bodies(1)))
        #expect(first != (try await bodies(2)))
        #expect(Set(first) == [0, 1, 2])
    }

    @Test("Reordered webhooks all arrive, in another order")
    func reorder() async throws {
        try await Self.withReceiver { zitadel, receiver in
            try await zitadel.command(["fault", "set", "--reorder", "200"])
            try await zitadel.command(["bulk-users", "20"])
            try await Self.drained(zitadel)
            let stored = try await zitadel.search(#"{"asc":true}"#).map(\.id)
            let arrived = receiver.bodies.map { body in
                stored.first { id in
                    let parts = id.split(separator: "/")
                    return body.contains("\"aggregateID\":\"\(parts[1])\"")
                        && body.contains("\"sequence\":\(parts[2]),")
                }
            }
            #expect(arrived != stored)
            #expect(Set(arrived) == Set(stored))
        }
    }

    @Test("A late commit is seen nowhere at first, then with its old creation date before events that were returned")
    func lateCommit() async throws {
        try await Self.withReceiver { zitadel, receiver in
            try await zitadel.command(["fault", "set", "--late-commit", "3600000"])
            #expect(try await zitadel.command(["event", "t", "a", "late"]) == #"{"events":[]}"# + "\n")
            try await zitadel.command(["event", "t", "a", "early"])
            #expect(try await zitadel.search(#"{"asc":true}"#).map(\.aggregate.id) == ["early"])
            try await eventually("one webhook") { receiver.deliveries.count == 1 }
            #expect(try await zitadel.command(["fault", "commit"]) == #"{"events":["a/late/1"]}"# + "\n")
            #expect(try await zitadel.search(#"{"asc":true}"#).map(\.aggregate.id) == ["late", "early"])
            try await eventually("the other webhook") { receiver.deliveries.count == 2 }
        }
    }

    @Test("A late commit comes by itself, and a second writer of its aggregate comes after it")
    func lateCommitDue() async throws {
        try await Self.withReceiver { zitadel, receiver in
            try await zitadel.command(["fault", "set", "--late-commit", "50", "--commands", "2"])
            try await zitadel.command(["event", "t", "a", "1"])
            try await zitadel.command(["event", "t", "a", "2"])
            try await eventually("both webhooks") { receiver.deliveries.count == 2 }
            try await zitadel.command(["fault", "set", "--late-commit", "3600000"])
            try await zitadel.command(["event", "first", "a", "3"])
            #expect(try await zitadel.command(["event", "second", "a", "3"]).contains("a/3/2"))
            let types = try await zitadel.search(#"{"asc":true,"aggregateId":"3"}"#).map(\.type.type)
            #expect(types == ["first", "second"])
        }
    }

    @Test("Events of background code have no webhook and its editor")
    func noWebhook() async throws {
        try await Self.withReceiver { zitadel, receiver in
            try await zitadel.command(["fault", "set", "--no-webhook", "SETUP"])
            try await zitadel.command(["event", "user.grant.cascade.changed", "usergrant", "1"])
            try await zitadel.command(["event", "user.locked", "user", "2"])
            try await Self.drained(zitadel)
            #expect(receiver.deliveries.count == 1)
            let editors = try await zitadel.search(#"{"asc":true}"#).map(\.editor)
            #expect(editors.map(\.userId) == ["SETUP", "280000000000000001"])
            #expect(editors.map(\.displayName) == ["SETUP", "Admin"])
        }
    }

    @Test("Payloads can be empty")
    func emptyPayloads() async throws {
        try await Self.withReceiver { zitadel, receiver in
            try await zitadel.command(["fault", "set", "--empty-payloads"])
            try await zitadel.command(["event", "t", "a", "1", "--payload", #"{"a":1}"#])
            try await zitadel.command(["fault", "set", "--no-empty-payloads"])
            try await zitadel.command(["event", "t", "a", "1", "--payload", #"{"a":1}"#])
            try await Self.drained(zitadel)
            #expect(receiver.bodies.map { $0.hasSuffix(#""event_payload":{}}"#) } == [true, false])
        }
    }

    @Test("API calls fail as often as told, with the status and Retry-After, only below the path")
    func apiFault() async throws {
        try await withZitadel { zitadel in
            try await zitadel.command(
                ["fault", "set", "--status", "429", "--retry-after", "7", "--calls", "2", "--path", "/admin/v1/events"])
            #expect(try await zitadel.call("GET", "/admin/v1/instances/me").status == 200)
            for _ in 0..<2 {
                let answer = try await zitadel.call("POST", "/admin/v1/events/_search")
                #expect(answer.status == 429)
                #expect(answer.headers["retry-after"] == "7")
                #expect(answer.body.hasPrefix(#"{"code":8,"#))
            }
            #expect(try await zitadel.call("POST", "/admin/v1/events/_search").status == 200)
            try await zitadel.command(["fault", "set", "--status", "503", "--during", "100"])
            #expect(try await zitadel.call("GET", "/admin/v1/instances/me").status == 503)
            try await eventually("it ends") { try await zitadel.call("GET", "/admin/v1/instances/me").status == 200 }
        }
    }

    @Test("Slow answers are right answers")
    func latency() async throws {
        try await withZitadel { zitadel in
            try await zitadel.command(["fault", "set", "--latency", "150", "--calls", "1"])
            let start = ContinuousClock.now
            #expect(try await zitadel.call("GET", "/admin/v1/instances/me").status == 200)
            let time = ContinuousClock.now - start
            #expect(time >= .milliseconds(150))
        }
    }

    @Test("A page above the message size is refused as gRPC does; a smaller one passes")
    func oversize() async throws {
        try await withZitadel { zitadel in
            try await zitadel.command(["bulk-users", "20"])
            try await zitadel.command(["fault", "set", "--message-size", "5000"])
            let large = try await zitadel.call("POST", "/admin/v1/events/_search", "{}")
            #expect(large.status == 429)
            #expect(large.body.contains(#""code":8,"message":"grpc: received message larger than max ("#))
            #expect(try await zitadel.call("POST", "/admin/v1/events/_search", #"{"limit":3}"#).status == 200)
        }
    }

    @Test("Lists can answer 500 and targets be denied; clearing ends all")
    func registrationFaults() async throws {
        try await withZitadel { zitadel in
            let create = #"{"name":"c","restWebhook":{},"endpoint":"http://127.0.0.1:1/","timeout":"5s"}"#
            try await zitadel.command(["fault", "set", "--fail-lists", "--deny-targets"])
            #expect(try await zitadel.call("POST", "/v2/actions/executions/search").status == 500)
            #expect(try await zitadel.call("POST", "/v2/actions/targets/search").status == 500)
            #expect(try await zitadel.call("POST", "/v2/actions/targets", create).body.contains("DeniedURL"))
            try await zitadel.command(["fault", "clear"])
            #expect(try await zitadel.call("POST", "/v2/actions/executions/search").status == 200)
            #expect(try await zitadel.call("POST", "/v2/actions/targets", create).status == 200)
            #expect(try await zitadel.command(["fault", "show"]).contains(#""failLists":false"#))
        }
    }

    @Test("A clock that is wrong is wrong in the Date of answers and in creation dates")
    func clockSkew() async throws {
        try await withZitadel {
            $0.clock = WallClock { 1_767_323_045_000_000 }
        } _: { zitadel in
            let right = try await zitadel.call("GET", "/admin/v1/instances/me")
            #expect(right.headers["date"] == "Fri, 02 Jan 2026 03:04:05 GMT")
            try await zitadel.command(["fault", "set", "--clock-skew", "3600"])
            let wrong = try await zitadel.call("GET", "/admin/v1/instances/me")
            #expect(wrong.headers["date"] == "Fri, 02 Jan 2026 04:04:05 GMT")
            try await zitadel.command(["event", "t", "a", "1"])
            #expect(try await zitadel.search("{}").map(\.creationDate) == ["2026-01-02T04:04:05Z"])
        }
    }

    @Test("Nonsense is refused")
    func refusals() async throws {
        try await withZitadel { zitadel in
            for arguments in [["--drop", "2"], ["--status", "200"], ["--latency=-1"]] {
                await #expect(throws: ControlFailure.self) {
                    try await zitadel.command(["fault", "set"] + arguments)
                }
            }
        }
    }
}
