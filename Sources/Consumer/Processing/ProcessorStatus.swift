import ServiceRuntime
import Synchronization

/// What `/readyz` says of the loop, written by its thread and read by any.
final class ProcessorStatus: Sendable {
    private struct State {
        var hasAssignment = false
        var storeFailure: String?
    }

    private let state = Mutex(State())

    var hasAssignment: Bool { state.withLock { $0.hasAssignment } }

    func assigned() {
        state.withLock { $0.hasAssignment = true }
    }

    /// - Returns: whether the store worked until now.
    func storeFailed(_ reason: String) -> Bool {
        state.withLock { state in
            defer { state.storeFailure = reason }
            return state.storeFailure == nil
        }
    }

    func storeRecovered() {
        state.withLock { $0.storeFailure = nil }
    }

    var checks: [ReadinessCheck] {
        [
            // A member without a partition does no work: it stays red until it gets one.
            ReadinessCheck(name: "group") { [self] in
                hasAssignment ? .ready : .notReady(reason: "no partition is assigned yet")
            },
            ReadinessCheck(name: "state") { [self] in
                state.withLock { $0.storeFailure }.map { .notReady(reason: $0) } ?? .ready
            },
        ]
    }
}
