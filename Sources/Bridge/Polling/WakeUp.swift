import Synchronization

/// Lets one task wait until another sets it. Setting it while nobody waits is remembered, once.
///
/// An `AsyncStream` will not do: a task that is cancelled while it waits for one ends the stream for all.
final class WakeUp: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func set() {
        let waiter = state.withLock { state in
            state.isSet = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns when set, or when the task is cancelled. For one task at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let returnsNow = state.withLock { state in
                    assert(state.waiter == nil, "One task waits at a time.")
                    guard !state.isSet, !Task.isCancelled else {
                        state.isSet = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if returnsNow { continuation.resume() }
            }
        } onCancel: {
            // Kept set when nobody waits yet: the wait that begins now must not begin.
            set()
        }
    }

    /// Returns when set, when the time is over, or when the task is cancelled.
    func wait(until deadline: ContinuousClock.Instant) async {
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            group.addTask { await self.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
