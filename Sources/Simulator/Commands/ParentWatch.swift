import Glibc
import ServiceLifecycle

/// Asks this process to stop when its parent is gone, so that a killed script leaves nothing behind.
struct ParentWatch: Service {
    private static let interval = Duration.milliseconds(200)

    func run() async throws {
        let parent = getppid()
        do {
            try await cancelWhenGracefulShutdown {
                while getppid() == parent { try await Task.sleep(for: Self.interval) }
            }
            kill(getpid(), SIGTERM)
            try await gracefulShutdown()
        } catch is CancellationError {
            // A stop for another reason.
        }
    }
}
