import Synchronization

/// Counts who uses an event loop, so that it ends after the last of them.
final class LoopUsers: Sendable {
    private struct State {
        var count = 0
        var isClosed = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// - Returns: false when nobody may begin any more; true is followed by one call of `leave`.
    func enter() -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.count += 1
            return true
        }
    }

    func leave() {
        let waiting = state.withLock { state in
            state.count -= 1
            return state.count == 0 ? state.waiting.take() : nil
        }
        waiting?.resume()
    }

    /// Lets nobody begin from now on.
    func refuse() { state.withLock { $0.isClosed = true } }

    /// Lets nobody begin from now on, and returns when the last one has left, whatever is cancelled meanwhile. Called
    /// once.
    func close() async {
        await withCheckedContinuation { continuation in
            let isUnused = state.withLock { state in
                state.isClosed = true
                if state.count > 0 { state.waiting = continuation }
                return state.count == 0
            }
            if isUnused { continuation.resume() }
        }
    }
}
