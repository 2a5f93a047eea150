import Glibc
import KafkaClient
import Synchronization
import TestSupport
import Testing

@Suite struct ExecutorTests {
    private actor OnThread {
        private let executor = DedicatedThreadExecutor(name: "executor-test")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private(set) var calls = 0

        func threadID() -> UInt {
            calls += 1
            assertIsolated()
            return UInt(pthread_self())
        }

        /// Suspends in the middle, so that the actor has to come back to its thread.
        func threadsAroundSuspension() async -> [UInt] {
            let before = UInt(pthread_self())
            await Task.yield()
            return [before, UInt(pthread_self())]
        }
    }

    @Test("An actor runs on its one thread only, also after suspending")
    func oneThread() async {
        let actor = OnThread()
        let ids = await withTaskGroup(of: UInt.self) { group in
            for _ in 0..<200 { group.addTask { await actor.threadID() } }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(await actor.calls == 200)
        #expect(Set(await actor.threadsAroundSuspension()) == ids)
    }

    @Test("Threads end with their actors")
    func threadsEnd() async throws {
        for _ in 0..<50 { _ = await OnThread().threadID() }
        try await eventually("threads named executor-test gone") { threadCount(named: "executor-test") == 0 }
    }
}
