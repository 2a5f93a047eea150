package import Logging
package import ServiceLifecycle
import Synchronization
import UnixSignals

/// Runs a job beside the services it needs, and shuts these down when it ends.
///
/// SIGTERM and SIGINT begin a graceful shutdown, in which the job is asked first and the services end after it. It has
/// 20 s for that, as with `runServices`.
/// - Parameter services: in dependency order.
/// - Throws: what the job throws; or a service that failed before the job had ended.
package func runJob<Value: Sendable>(
    with services: [any Service], logger: Logger, _ job: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let service = JobService(job)
    let needed = services.map {
        ServiceGroupConfiguration.ServiceConfiguration(service: $0, serviceName: "\(type(of: $0))")
    }
    let last = ServiceGroupConfiguration.ServiceConfiguration(
        service: service, successTerminationBehavior: .gracefullyShutdownGroup, serviceName: "Job")
    var configuration = ServiceGroupConfiguration(
        services: needed + [last], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(20)
    configuration.maximumCancellationDuration = .seconds(10)
    try await ServiceGroup(configuration: configuration).run()
    guard let result = service.result.withLock({ $0 }) else { throw CancellationError() }
    return try result.get()
}

private final class JobService<Value: Sendable>: Service {
    /// What the job threw is kept too, so that the services still end gracefully.
    let result = Mutex<Result<Value, any Error>?>(nil)
    private let job: @Sendable () async throws -> Value

    init(_ job: @escaping @Sendable () async throws -> Value) {
        self.job = job
    }

    func run() async {
        let result: Result<Value, any Error>
        do { result = .success(try await job()) } catch { result = .failure(error) }
        self.result.withLock { $0 = result }
    }
}
