import Foundation
import Synchronization
import TestSupport
import Testing
import ZitadelClient

@Suite("Crashes")
struct CrashTests {
    @Test("A consumer that is killed again and again ends in the state of one that was not", arguments: [1])
    func consumerKilled(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let users = MachineUsers(count: 1000, using: &generator)
        let total = users.records.count
        let pipeline = try await Pipeline()
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic).write(users.records)
        let calm = try await pipeline.startConsumer(
            state: "calm.db", ["KAFKA_GROUP_ID": "calm", "LOG_LEVEL": "info"], label: "calm")

        // Small fetches make many small batches, and so many moments between a transaction and its commit.
        let environment = ["KAFKA_FETCH_MESSAGE_MAX_BYTES": "10000"]
        var logs = ""
        for round in 0..<3 {
            let consumer = try await pipeline.startConsumer(environment, label: "killed-\(round)")
            let moment = Int.random(in: 1...total / 5, using: &generator)
            try await eventually(within: .seconds(30), "\(moment) records are consumed in round \(round)") {
                try await consumer.ops.consumed() >= moment
            }
            try await consumer.process.kill9()
            logs += consumer.process.log
        }
        let rest = total - logs.count(of: "Record applied")
        #expect(rest > 0, "the kills came in between")
        let last = try await pipeline.startConsumer(environment, label: "last")
        try await eventually(within: .seconds(30), "at least \(rest) records are consumed") {
            try await last.ops.consumed() >= rest
        }
        try await eventually(within: .seconds(30), "the calm one has all") {
            try await calm.ops.consumed() == total
        }
        let wanted = try await pipeline.export(state: "calm.db")
        #expect(wanted.split(separator: "\n").count == 900)
        try await eventually(within: .seconds(20), "the states are the same") {
            try await pipeline.export() == wanted
        }
        #expect(try await last.ops.outcomeSum() == last.ops.consumed())
        #expect(try await calm.ops.outcomeSum() == total)
        // What a killed one had applied and not committed came again, so that every event was seen to its end once.
        #expect(Set((logs + last.process.log).values(of: "event_id")) == users.ids)
        #expect(try await last.process.terminate() == .exited(0))
    }

    @Test("What a bridge answered 2xx is in the topic, also when it is killed right after")
    func bridgeKilled() async throws {
        let pipeline = try await Pipeline()
        var generator = SeededGenerator(seed: 3)
        let posts = Posts()
        for round in 0..<3 {
            let bridge = try await pipeline.startBridge(label: "bridge-\(round)")
            try await bridge.untilReady()
            let moment = posts.answered.count + Int.random(in: 50...300, using: &generator)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 { tasks.addTask { await posts.send(to: bridge.port) } }
                try await eventually(within: .seconds(30), "\(moment) are answered") {
                    posts.answered.count >= moment
                }
                try await bridge.process.kill9()
                try await tasks.waitForAll()
            }
        }
        let answered = posts.answered
        let reader = try TopicReader(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic)
        let records = try await reader.readToEnd()
        await reader.close()
        let stored = Set(records.flatMap { String(decoding: $0.value ?? [], as: UTF8.self).values(of: "id").prefix(1) })
        #expect(answered.count >= 150)
        #expect(answered.isSubset(of: stored))
        #expect(stored.count <= posts.sent, "and nothing that was not sent")
    }
}

/// Webhooks as Zitadel sends them, each event once, and which of them were answered 2xx.
private final class Posts: Sendable {
    private struct State {
        var sent = 0
        var answered = Set<String>()
    }

    private let state = Mutex(State())

    var answered: Set<String> { state.withLock { $0.answered } }
    var sent: Int { state.withLock { $0.sent } }

    /// Sends one after the other until the bridge is gone.
    func send(to port: Int) async {
        while true {
            let number = state.withLock { state in
                state.sent += 1
                return state.sent
            }
            let user = "3100000000000\(10000 + number)"
            let body = Array(
                """
                {"aggregateID":"\(user)","aggregateType":"user","instanceID":"\(Pipeline.instance)","sequence":1,\
                "event_type":"user.locked","created_at":"2026-01-02T03:04:05.678901Z"}
                """.utf8)
            let signature = WebhookSigner.signatureHeader(
                key: Pipeline.signingKey, timestamp: Int64(Date().timeIntervalSince1970), body: body)
            guard
                let answer = try? await HTTPExchange.send(
                    "POST", port: port, path: "/webhook/zitadel-events", headers: [("ZITADEL-Signature", signature)],
                    body: body)
            else { return }
            if answer.status == 204 { state.withLock { _ = $0.answered.insert("user/\(user)/1") } }
        }
    }
}

extension String {
    func count(of text: String) -> Int { components(separatedBy: text).count - 1 }

    /// The texts of a JSON member of this name, wherever it is.
    func values(of name: String) -> [String] {
        components(separatedBy: "\"\(name)\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }
}
