import CLinux
import Foundation
import ServiceRuntime
import Testing

@Suite("Time slices")
struct TimeSliceTests {
    /// Runs `body` on a thread that ends with it.
    private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: body()) }.start()
        }
    }

    @Test("A thread that prefers short slices has them where Linux knows them, and keeps its policy and niceness")
    func short() async {
        let (before, isTaken, after) = await onThread {
            var (before, after) = (zkb_sched_attr(), zkb_sched_attr())
            zkb_sched_getattr(&before)
            let isTaken = TimeSlice.preferShort()
            zkb_sched_getattr(&after)
            return (before, isTaken, after)
        }
        #expect(after.policy == before.policy && after.nice == before.nice)
        // Linux before 6.12 tells 0. A sandbox may refuse.
        #expect(after.runtime == (before.runtime == 0 || !isTaken ? before.runtime : 100_000))
    }
}
