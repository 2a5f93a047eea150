import ServiceRuntime
import Synchronization

/// The simulated instance and its webhook queue: every command goes through here, one at a time.
final class Simulation: Sendable {
    let instanceID: String
    /// `nil` when nobody listens: events are stored and not delivered.
    let queue: DeliveryQueue?
    private let tenant: Mutex<Tenant>

    init(seed: UInt64, instanceID: String, queue: DeliveryQueue?, clock: WallClock = .system) {
        self.instanceID = instanceID
        self.queue = queue
        tenant = Mutex(Tenant(seed: seed, clock: clock))
    }

    /// Runs a command and queues the events it pushed, in their order.
    ///
    /// - Returns: what the command returned, and its events.
    @discardableResult
    func perform<Result: Sendable>(
        _ command: (inout Tenant) throws(SimulatorError) -> Result
    ) throws(SimulatorError) -> (result: Result, events: [StoredEvent]) {
        try tenant.withLock { (tenant) throws(SimulatorError) in
            let before = tenant.store.events.count
            let result = try command(&tenant)
            let events = Array(tenant.store.events[before...])
            try queue?.append(
                events.map { event in
                    DeliveryQueue.Job(
                        name: event.id, body: Array(event.webhookBody(instanceID: instanceID).utf8), queuedAt: .now)
                })
            return (result, events)
        }
    }

    /// Queues the bodies of a history as they are.
    func load(_ history: History) throws(SimulatorError) {
        guard let queue else { throw .invalid("a history needs a webhook to go to") }
        try queue.append(
            history.bodies.enumerated().map { index, body in
                DeliveryQueue.Job(name: "history/\(index + 1)", body: Array(body.utf8), queuedAt: .now)
            })
    }

    /// The tenant as it is now.
    var snapshot: Tenant { tenant.withLock { $0 } }
}
