import Glibc
import Synchronization

/// The end of a client, which waits: for a group to be left, for librdkafka's threads, for a name lookup there.
///
/// Deinitializers run wherever the last reference goes, often on the cooperative pool, where waiting holds up every
/// task of the program.
enum BlockingEnd {
    private static let running = Atomic(0)
    private static let exitWaitMilliseconds = 1000
    /// A process that exits while TLS is still in use on other threads can crash in the clean-up of OpenSSL, whose
    /// handler was registered before this one and so runs after it.
    private static let waitsAtExit: Void = {
        atexit {
            for _ in 0..<(BlockingEnd.exitWaitMilliseconds / 10) {
                if BlockingEnd.running.load(ordering: .acquiring) == 0 { return }
                usleep(10_000)
            }
        }
    }()

    /// Runs the body here on a plain thread, and on a thread of its own when a task would have to wait for it.
    static func run(_ name: String, _ body: @escaping @Sendable () -> Void) {
        guard withUnsafeCurrentTask(body: { $0 != nil }) else { return body() }
        waitsAtExit
        running.add(1, ordering: .relaxed)
        NamedThread.start(
            name,
            {
                body()
                running.subtract(1, ordering: .releasing)
            })
    }
}
