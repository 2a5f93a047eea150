import ServiceRuntime
import Synchronization

/// What `/status` and the metrics say of the change stream, written by its thread and read by any.
final class StreamStatus: Sendable {
    private struct State {
        var depth: (users: Int64, causes: Int64)?
        var isPublisher = false
        var failure: String?
    }

    private let state = Mutex(State())

    var depth: (users: Int64, causes: Int64)? { state.withLock { $0.depth } }

    func measured(users: Int64, causes: Int64, isPublisher: Bool) {
        state.withLock { state in
            state.depth = (users, causes)
            state.isPublisher = isPublisher
        }
    }

    /// Every record of a slice was acknowledged.
    func recovered() {
        state.withLock { $0.failure = nil }
    }

    /// - Returns: whether it is another failure than the one before.
    func failed(_ reason: String) -> Bool {
        state.withLock { state in
            defer { state.failure = reason }
            return state.failure != reason
        }
    }

    /// Writes `"stateTopic":{"topic":"…","publishes":true,"pendingUsers":0,"pendingCauses":0,"failure":"…"}`.
    func write(_ topic: String, to json: inout JSONOutput) {
        let state = state.withLock { $0 }
        json.name("stateTopic")
        json.openObject()
        json.member("topic", topic)
        json.member("publishes", state.isPublisher)
        if let depth = state.depth {
            json.member("pendingUsers", depth.users)
            json.member("pendingCauses", depth.causes)
        }
        if let failure = state.failure { json.member("failure", failure) }
        json.closeObject()
    }
}
