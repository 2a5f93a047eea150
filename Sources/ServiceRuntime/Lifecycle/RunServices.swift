package import Logging
package import ServiceLifecycle
import UnixSignals

/// Runs services until one of them ends, or SIGTERM or SIGINT asks all of them to stop.
///
/// Give them in dependency order: shutdown runs it backwards. A shutdown that takes longer than 20 s is cancelled,
/// 10 s later the process ends, so that it is gone within the 30 s that supervisors grant.
/// - Throws: what the service that failed threw. Returns normally after a graceful shutdown.
package func runServices(
    _ services: [any Service], logger: Logger, shutdownMaximum: Duration = .seconds(20)
) async throws {
    // A group logs its services by their description, which would print every property, secrets too.
    let named = services.map {
        ServiceGroupConfiguration.ServiceConfiguration(service: $0, serviceName: "\(type(of: $0))")
    }
    var configuration = ServiceGroupConfiguration(
        services: named, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = shutdownMaximum
    configuration.maximumCancellationDuration = .seconds(10)
    try await ServiceGroup(configuration: configuration).run()
}
