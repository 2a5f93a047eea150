import KafkaClient
import KafkaMockCluster
import NIOCore
import ServiceLifecycle
import TestSupport
import Testing

@testable import Bridge

@Suite("The loop on which events are published")
struct PublishLoopTests {
    @Test("Cancelled with all other services, it ends after the last who uses it, and nobody waits for it afterwards")
    func cancelled() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(BridgeHarness.topic, partitions: 1)
        let bridge = try BridgeHarness.build(cluster, LogLines(), [:])
        let publishing = bridge.publisher.publishing
        let run = Task { try await publishing.run() }
        try await publishing.use {
            run.cancel()
            try await eventually("nobody may begin any more") { await !isOpen(publishing) }
            #expect(try await publishing.loop.submit { 1 }.get() == 1, "it still works")
        }
        try await run.value
        #expect(await !isOpen(publishing))
        await #expect(throws: CancellationError.self) { try await publishing.use {} }
        publishing.execute { Issue.record("executed after the end") }
    }

    private func isOpen(_ publishing: PublishLoop) async -> Bool {
        (try? await publishing.withPipeline { _ in }) != nil
    }

    @Test("Everything ends when all services are cancelled at once, at whatever moment", .timeLimit(.minutes(2)))
    func allCancelled() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic(BridgeHarness.topic, partitions: 1)
        for _ in 0..<20 {
            let bridge = try BridgeHarness.build(cluster, LogLines(), [:])
            await withTaskGroup(of: Void.self) { tasks in
                // The question for a topic's settings cannot be called off, and the mock cluster does not answer it.
                for service in bridge.services where !(service is TopicSetup) {
                    tasks.addTask { try? await service.run() }
                }
                await #expect(throws: Never.self) {
                    try await eventually("it listens") { bridge.webhook?.boundPort != nil }
                }
                tasks.cancelAll()
                await tasks.waitForAll()
            }
        }
    }
}
