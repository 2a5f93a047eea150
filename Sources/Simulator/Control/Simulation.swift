import ServiceRuntime
import Synchronization

/// The simulated instance and its webhook queue: every command goes through here, one at a time.
final class Simulation: Sendable {
    let configuration: SimulatorConfiguration
    let queue = DeliveryQueue()
    /// API calls by method and path.
    let calls = CallCounter()
    private let state: Mutex<InstanceState>
    private let skew: ClockSkew

    /// - Throws: `SimulatorError` when the store file cannot be used.
    init(_ configuration: SimulatorConfiguration) throws(SimulatorError) {
        skew = ClockSkew(configuration.clock)
        var configuration = configuration
        configuration.clock = skew.clock
        self.configuration = configuration
        state = Mutex(try InstanceState(configuration))
    }

    /// Runs a command and queues the events it pushed, in their order.
    ///
    /// - Parameter delivers: false stores the events without webhooks.
    /// - Returns: what the command returned, and its events.
    @discardableResult
    func perform<Result: Sendable>(
        delivers: Bool = true, _ command: (inout Tenant) throws(SimulatorError) -> Result
    ) throws(SimulatorError) -> (result: Result, events: [StoredEvent]) {
        try state.withLock { (state) throws(SimulatorError) in
            _ = try commitHeld(&state, ifDue: true)
            let plan = state.faults.commandBegins(now: .now)
            state.tenant.commandBegins(editor: plan.editor, holdsPushes: plan.isHeld)
            let before = state.tenant.store.events.count
            let outcome: Swift.Result<Result, SimulatorError>
            do throws(SimulatorError) {
                outcome = .success(try command(&state.tenant))
            } catch {
                outcome = .failure(error)
            }
            state.tenant.commandEnds()
            let events = Array(state.tenant.store.events[before...])
            try publish(events, delivers: delivers && plan.delivers, &state)
            return (try outcome.get(), events)
        }
    }

    /// Changes targets and executions, then stores and delivers the events of the change as one transaction.
    func changeActions<Result: Sendable>(
        _ change: (inout InstanceState, _ now: Int64) throws(GatewayError) -> ActionChange<Result>
    ) throws(GatewayError) -> Result {
        try state.withLock { (state) throws(GatewayError) in
            let now = configuration.clock.microseconds()
            // Zitadel reads the executions of an instance before the call that changes them.
            let routes = state.actions
            let change = try change(&state, now)
            do throws(SimulatorError) {
                let events = try state.tenant.store.push(change.events, createdAt: now, editor: state.tenant.editor)
                try state.save(change.entries)
                let changed = state.actions
                state.actions = routes
                defer { state.actions = changed }
                try publish(events, delivers: true, &state)
            } catch {
                throw GatewayError(status: 503, code: 14, message: error.description)
            }
            return change.result
        }
    }

    /// Reads the state; what is due is committed first.
    func read<Result: Sendable>(_ body: (inout InstanceState) -> Result) -> Result {
        state.withLock { state in
            commitDue(&state)
            return body(&state)
        }
    }

    func commitDuePushes() {
        state.withLock { commitDue(&$0) }
    }

    /// Commits everything that is held, due or not.
    func commitHeldPushes() throws(SimulatorError) -> [StoredEvent] {
        try state.withLock { (state) throws(SimulatorError) in try commitHeld(&state, ifDue: false) }
    }

    func setFaults(_ change: (Faults) -> Faults) throws(SimulatorError) -> Faults {
        try state.withLock { (state) throws(SimulatorError) in
            try state.faults.set(change(state.faults.faults), now: .now)
            skew.set(seconds: state.faults.faults.clockSkewSeconds)
            return state.faults.faults
        }
    }

    /// Queues the bodies of a history as they are.
    func load(_ history: History) throws(SimulatorError) {
        guard let webhook = configuration.webhook else { throw .invalid("a history needs a webhook to go to") }
        let call = DeliveryJob.Call(endpoint: webhook.url, signingKey: webhook.signingKey)
        try queue.append(
            history.bodies.enumerated().map { index, body in
                DeliveryJob(name: "history/\(index + 1)", body: Array(body.utf8), calls: [call], queuedAt: .now)
            })
    }

    /// The tenant as it is now.
    var snapshot: Tenant { read { $0.tenant } }

    /// Nobody waits here for what a full queue or disk says; the next command meets it too.
    private func commitDue(_ state: inout InstanceState) { _ = try? commitHeld(&state, ifDue: true) }

    private func commitHeld(_ state: inout InstanceState, ifDue: Bool) throws(SimulatorError) -> [StoredEvent] {
        guard !state.tenant.store.held.isEmpty else { return [] }
        if ifDue, let due = state.faults.commitDue, due > .now { return [] }
        state.faults.heldPushesCommitted()
        let events = state.tenant.store.commitHeld()
        try publish(events, delivers: true, &state)
        return events
    }

    private func publish(
        _ events: [StoredEvent], delivers: Bool, _ state: inout InstanceState
    ) throws(SimulatorError) {
        try state.save(events.map { .event($0) })
        guard delivers else { return }
        var jobs: [DeliveryJob] = []
        for event in events { addJobs(for: event, to: &jobs, &state) }
        if !jobs.isEmpty { try queue.append(jobs) }
    }

    private func addJobs(for event: StoredEvent, to jobs: inout [DeliveryJob], _ state: inout InstanceState) {
        let version = configuration.reportedVersion
        let routed = state.actions.targets(forEvent: event.type, version: version).map { DeliveryJob.Call($0) }
        let fixed = configuration.webhook.map { [DeliveryJob.Call(endpoint: $0.url, signingKey: $0.signingKey)] }
        var body: [UInt8]?
        for calls in [fixed ?? [], routed] where !calls.isEmpty {
            let style = state.faults.faults.emptyPayloads ? .alwaysEmpty : version.payloadStyle
            let bytes = body ?? Array(event.webhookBody(instanceID: configuration.instanceID, payloads: style).utf8)
            body = bytes
            let plan = state.faults.deliveryQueued()
            if plan.calls.isEmpty { queue.count(.dropped) }
            let now = ContinuousClock.now
            for delay in plan.calls {
                jobs.append(
                    DeliveryJob(
                        name: event.id, body: bytes, calls: calls, queuedAt: now, dueAt: delay.map { now + $0 }))
            }
        }
    }
}

/// What a call of the Actions API did.
struct ActionChange<Result: Sendable>: Sendable {
    var result: Result
    /// None when nothing changed.
    var events: [NewEvent] = []
    var entries: [StoreFile.Entry] = []
}
