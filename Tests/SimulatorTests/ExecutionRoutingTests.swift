import TestSupport
import Testing

@testable import Simulator

@Suite("Executions")
struct ExecutionRoutingTests {
    private static func registry(_ conditions: [String]) throws -> ActionRegistry {
        var registry = ActionRegistry()
        for text in conditions {
            let key = text.hasSuffix(".*") ? "group" : text == "*" ? "all" : "event"
            let value: RequestJSON = text == "*" ? .bool(true) : .string(text.replacing(".*", with: ""))
            registry.set(
                ActionTarget(
                    id: text, name: text, endpoint: "http://x", timeoutNanoseconds: 1, kind: .restWebhook,
                    interruptOnError: false, signingKey: "k", createdAt: 1, changedAt: 1))
            registry.set(
                Execution(
                    condition: try Condition(RequestMessage(["event": .object([key: value])])), targets: [text],
                    createdAt: 1, changedAt: 1))
        }
        return registry
    }

    @Test(
        "Only the best match fires: the exact type, else the longest group, else all",
        arguments: [
            ("user.human.added", "user.human.added"), ("user.human.removed", "user.human.*"),
            ("user.locked", "user.*"), ("user.grant.added", "user.*"), ("org.added", "*"),
            ("user.metadata.removed.all", "user.*"),
        ])
    func bestMatch(type: String, expected: String) throws {
        var registry = try Self.registry(["*", "user.*", "user.human.added", "user.human.*", "user.metadata.removed"])
        let version = try #require(ReportedVersion("4.7.0"))
        #expect(registry.targets(forEvent: type, version: version).map(\.id) == [expected])
    }

    @Test("From 4.7.1 an exact execution also fires for longer types that have none")
    func rawPrefix() throws {
        var registry = try Self.registry(["user.*", "user.metadata.removed"])
        let version = try #require(ReportedVersion("4.7.1"))
        #expect(
            registry.targets(forEvent: "user.metadata.removed.all", version: version).map(\.id)
                == ["user.metadata.removed"])
        #expect(registry.targets(forEvent: "org.added", version: version).isEmpty)
    }

    @Test("Targets are called in list order with their own keys; a failing one stops the rest only when it interrupts")
    func severalTargets() async throws {
        let receiver = Receiver(statuses: { [204, 500, 204, 500][$0] })
        try await receiver.run { url in
            try await withZitadel { zitadel in
                let first = try await zitadel.createTarget("first", url + "/webhook")
                let second = try await zitadel.createTarget("second", url + "/webhook")
                let third = try await zitadel.createTarget(
                    "third", url + "/webhook", kind: #""restCall":{"interruptOnError":true}"#)
                _ = try await zitadel.setExecution(#"{"event":"user.locked"}"#, first.id, second.id)
                _ = try await zitadel.setExecution(#"{"event":"user.unlocked"}"#, first.id, third.id, second.id)
                try await zitadel.command(["event", "user.locked", "user", "1"])
                try await zitadel.command(["event", "user.unlocked", "user", "1"])
                try await eventually("all done") { zitadel.simulation.queue.statistics.pending == 0 }
                #expect(receiver.deliveries.count == 4)
                #expect(zitadel.simulation.queue.statistics.counts == DeliveryCounts(delivered: 2, refused: [500: 2]))
                let keys = [first.signingKey, second.signingKey, first.signingKey, third.signingKey]
                for (delivery, key) in zip(receiver.deliveries, keys) { #expect(delivery.isSigned(with: key)) }
            }
        }
    }

    @Test("A job keeps endpoint and key of the moment of its push")
    func capturedTarget() async throws {
        let receiver = Receiver()
        try await receiver.run { url in
            try await withZitadel { zitadel in
                let target = try await zitadel.createTarget("t", url + "/webhook")
                _ = try await zitadel.setExecution(#"{"event":"user.locked"}"#, target.id)
                try await zitadel.command(["fault", "set", "--delay", "300"])
                try await zitadel.command(["event", "user.locked", "user", "1"])
                try await zitadel.command(["fault", "rotate-key", "t"])
                _ = try await zitadel.call(
                    "POST", "/v2/actions/targets/\(target.id)", #"{"endpoint":"http://127.0.0.1:1/"}"#)
                try await eventually("delivered") { receiver.deliveries.count == 1 }
                #expect(receiver.deliveries[0].isSigned(with: target.signingKey))
            }
        }
    }

    @Test("An answer that forwards an error counts as refused, and restAsync does not hold the queue")
    func answers() async throws {
        let receiver = Receiver()
        try await receiver.run { url in
            try await withZitadel { zitadel in
                let forwarding = try await zitadel.createTarget("f", url + "/forwards")
                let async = try await zitadel.createTarget("a", url + "/webhook", kind: #""restAsync":{}"#)
                _ = try await zitadel.setExecution(#"{"all":true}"#, forwarding.id, async.id)
                try await zitadel.command(["event", "user.locked", "user", "1"])
                try await eventually("both done") {
                    zitadel.simulation.queue.statistics.counts
                        == DeliveryCounts(delivered: 1, refused: [200: 1])
                }
            }
        }
    }

    @Test(
        "Releases write payloads in their own ways",
        arguments: [
            ("4.1.3", #""event_payload":{"key":"#, false), ("4.1.2", #""event_payload":{}"#, true),
            ("4.0.3", #""event_payload":{"key":"#, true), ("3.4.2", #""event_payload":{"key":"#, false),
        ])
    func payloads(version: String, set: String, absentIsEmpty: Bool) async throws {
        let receiver = Receiver()
        try await receiver.run { url in
            try await withZitadel {
                $0.version = ReportedVersion(version)
                $0.webhook = .init(url: url + "/webhook", signingKey: "k")
            } _: { zitadel in
                try await zitadel.command([
                    "event", "user.metadata.set", "user", "1", "--payload", #"{"key":"groups"}"#,
                ])
                try await zitadel.command(["event", "user.locked", "user", "1"])
                try await eventually("both arrived") { receiver.deliveries.count == 2 }
            }
        }
        #expect(receiver.bodies[0].contains(set))
        #expect(receiver.bodies[1].contains(#""event_payload":{}"#) == absentIsEmpty)
    }
}
