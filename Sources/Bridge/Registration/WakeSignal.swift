import Synchronization

/// Wakes the one task that waits. Signals that nobody waits for are kept, as one.
final class WakeSignal: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// From any thread; never blocks.
    func signal() {
        state.withLock { state in
            state.isSignalled = true
            state.waiter.take()?.resume()
        }
    }

    /// Whether there was a signal since the last call.
    func take() -> Bool {
        state.withLock { state in
            defer { state.isSignalled = false }
            return state.isSignalled
        }
    }

    /// Returns at a signal, which stays to be taken, at the deadline, or when the task is cancelled.
    func wait(until deadline: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            group.addTask { await self.waitForSignal() }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForSignal() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    precondition(state.waiter == nil, "One task waits at a time.")
                    if state.isSignalled || Task.isCancelled {
                        continuation.resume()
                    } else {
                        state.waiter = continuation
                    }
                }
            }
        } onCancel: {
            state.withLock { $0.waiter.take()?.resume() }
        }
    }
}
