import Foundation
import KafkaClient
import KafkaMockCluster
import Logging
import ServiceRuntime
import TestSupport
import Testing

@testable import Bridge

@Suite("Kafka outages")
struct KafkaOutageTests {
    @Test("Down at the start: alive, not ready, refusing in time; ready and publishing by itself when Kafka is there")
    func downAtStart() async throws {
        let environment = ["KAFKA_MESSAGE_TIMEOUT_MS": "1000"]
        try await BridgeHarness.run(environment: environment, brokersUp: false) { bridge async throws in
            #expect(try await bridge.get("/livez").status == 200)
            try await eventually("Kafka was asked") { try await bridge.get("/readyz").body.contains("kafka") }
            #expect(try await bridge.get("/readyz").status == 503)
            let start = ContinuousClock.now
            #expect(try await bridge.post(BridgeHarness.event()).status == 503)
            // Zitadel gives up after 10 s.
            #expect(ContinuousClock.now - start < .seconds(5))
            bridge.cluster.setBroker(up: true)
            try await bridge.untilReady()
            #expect(try await bridge.post(BridgeHarness.event(sequence: 2)).status == 204)
        }
    }

    @Test("An outage between requests is answered 503 in time and is over when Kafka is back")
    func outage() async throws {
        try await BridgeHarness.run(environment: ["KAFKA_MESSAGE_TIMEOUT_MS": "1000"]) { bridge async throws in
            #expect(try await bridge.post(BridgeHarness.event()).status == 204)
            bridge.cluster.setBroker(up: false)
            #expect(try await bridge.post(BridgeHarness.event(sequence: 2)).status == 503)
            bridge.cluster.setBroker(up: true)
            try await bridge.untilReady()
            #expect(try await bridge.post(BridgeHarness.event(sequence: 3)).status == 204)
            #expect(try await bridge.events("kafka_failed") == 1)
        }
    }

    @Test("A full queue refuses at once with 429, and does not grow")
    func fullQueue() async throws {
        let environment = ["KAFKA_MESSAGE_TIMEOUT_MS": "3000", "KAFKA_QUEUE_BUFFERING_MAX_MESSAGES": "2"]
        try await BridgeHarness.run(environment: environment, brokersUp: false) { bridge async throws in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for sequence in 1...10 {
                    tasks.addTask { try await bridge.post(BridgeHarness.event(sequence: sequence)).status }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 503 }.count == 2)
            #expect(statuses.filter { $0 == 429 }.count == 8)
        }
    }

    @Test("Shutting down answers the request in flight before it ends")
    func gracefulShutdown() async throws {
        try await BridgeHarness.run { bridge async throws in
            bridge.cluster.setRoundTrip(milliseconds: 1000)
            async let answer = bridge.post(BridgeHarness.event())
            try await eventually("the event is handled") { bridge.log.text.contains("Handling webhook event") }
            await bridge.triggerShutdown()
            #expect(try await answer.status == 204)
        }
    }

    @Test("A port that is taken stops the start and names address and setting")
    func portTaken() async throws {
        try await BridgeHarness.run { bridge async throws in
            let second = try BridgeHarness.build(
                bridge.cluster, bridge.log, ["BRIDGE_LISTEN": "127.0.0.1:\(bridge.port)"])
            let error = await #expect(throws: ListenError.self) { try await second.webhook?.run() }
            #expect(error?.description.contains("127.0.0.1:\(bridge.port)") == true)
            #expect(error?.description.contains("BRIDGE_LISTEN") == true)
        }
    }
}
