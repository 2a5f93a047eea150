import ServiceRuntime
import Synchronization

/// What `/status` and the metrics say of the change stream, written by its thread and read by any.
final class StreamStatus: Sendable {
    private struct State {
        var depth: (users: Int64, causes: Int64)?
        var isPublisher = false
        /// What fails first comes first: without the outbox nothing gets to the topic.
        var outboxFailure: String?
        var topicFailure: String?
    }

    private let state = Mutex(State())

    var depth: (users: Int64, causes: Int64)? { state.withLock { $0.depth } }

    func measured(users: Int64, causes: Int64, isPublisher: Bool) {
        state.withLock { state in
            state.depth = (users, causes)
            state.isPublisher = isPublisher
        }
    }

    /// The outbox was read and written as it should be.
    func outboxRecovered() {
        state.withLock { $0.outboxFailure = nil }
    }

    /// - Returns: whether it is another failure than the one before.
    func outboxFailed(_ reason: String) -> Bool {
        state.withLock { state in
            defer { state.outboxFailure = reason }
            return state.outboxFailure != reason
        }
    }

    /// Every record of a slice was acknowledged, or none waits any more.
    func topicRecovered() {
        state.withLock { $0.topicFailure = nil }
    }

    /// - Returns: whether it is another failure than the one before.
    func topicFailed(_ reason: String) -> Bool {
        state.withLock { state in
            defer { state.topicFailure = reason }
            return state.topicFailure != reason
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
        if let failure = state.outboxFailure ?? state.topicFailure { json.member("failure", failure) }
        json.closeObject()
    }
}
