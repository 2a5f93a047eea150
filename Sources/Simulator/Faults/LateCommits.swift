import ServiceLifecycle

/// Commits held pushes when their time has come, also when nobody asks.
struct LateCommits: Service {
    private static let interval = Duration.milliseconds(10)

    let simulation: Simulation

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while true {
                    try await Task.sleep(for: Self.interval)
                    simulation.commitDuePushes()
                }
            }
        } catch is CancellationError {
            // A stop: what is still held was never committed, as after a crash.
        }
    }
}
