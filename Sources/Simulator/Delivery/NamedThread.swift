import Foundation

/// Runs a blocking body on a thread of its own, so that it never holds a thread of the concurrency pool.
func onNamedThread<Result: Sendable>(_ name: String, _ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.name = name
        thread.start()
    }
}
