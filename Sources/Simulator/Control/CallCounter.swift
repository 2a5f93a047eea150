import Synchronization

/// Counts calls by method and path, so that a test can say what a client costs.
final class CallCounter: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func count(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }

    func reset() { counts.withLock { $0 = [:] } }

    var byName: [String: Int] { counts.withLock { $0 } }
}
