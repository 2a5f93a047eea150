import ServiceLifecycle
import Synchronization

/// Runs the loop until graceful shutdown; the batch at hand is finished and committed first.
struct ProcessorService: Service {
    let processor: RecordProcessor

    func run() async throws {
        let stop = StopFlag()
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await processor.process(until: stop.flag)
        } onCancelOrGracefulShutdown: {
            stop.flag.store(true, ordering: .relaxed)
        }
    }
}

private final class StopFlag: Sendable {
    let flag = Atomic(false)
}
