import Hummingbird
import Logging
import ServiceLifecycle
import ServiceRuntime

/// A whole simulated Zitadel in this process: control API, Zitadel API and webhooks, run by its `services`.
struct SimulatedZitadel: Sendable {
    let simulation: Simulation
    /// In dependency order.
    let services: [any Service]
    private let server: HTTPService<RouterResponder<BasicRequestContext>>

    /// - Throws: `SimulatorError` when the store file cannot be used.
    init(
        _ configuration: SimulatorConfiguration, logger: Logger,
        onListening: @escaping @Sendable (SocketAddress) -> Void = { _ in }
    ) throws(SimulatorError) {
        let simulation = try Simulation(configuration)
        let worker = DeliveryWorker(
            queue: simulation.queue, timing: configuration.deliversAtOnce ? .immediate : .zitadel,
            clock: simulation.configuration.clock, logger: logger, denyList: configuration.denyList)
        let router = Router()
        ControlAPI(simulation: simulation).addRoutes(to: router)
        ZitadelAPI(simulation: simulation).addRoutes(to: router)
        server = HTTPService(
            name: "control and Zitadel API", address: configuration.listen, setting: "--listen",
            responder: router.buildResponder(), logger: logger,
            channelHandlers: { [clock = simulation.configuration.clock] in [DateHeader.Installer(clock: clock)] },
            onListening: onListening)
        self.simulation = simulation
        services = [server, worker, LateCommits(simulation: simulation)]
    }

    /// Where both APIs listen; `nil` before they do.
    var boundAddress: SocketAddress? { server.boundAddress }
}
