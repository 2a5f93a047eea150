import CRdKafka
import Glibc

/// Threads for calls that block, which have no place on the cooperative pool.
enum NamedThread {
    /// Starts a thread that nobody joins.
    ///
    /// - Parameter name: shown by `top -H`; the first 15 bytes.
    @discardableResult
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void, joinable: Bool = false) -> pthread_t {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        let code = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue()
                zkb_name_this_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        precondition(code == 0, "The system refuses another thread.")
        if !joinable { pthread_detach(thread) }
        return thread
    }

    /// Runs the body on a thread of its own and returns when it is done.
    static func run<Result: Sendable>(_ name: String, _ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            start(name, { continuation.resume(returning: body()) })
        }
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
