import Foundation
import Hummingbird

/// What tests ask the simulated Zitadel itself, and how they make it fail.
extension ControlAPI {
    func addZitadel(_ router: Router<BasicRequestContext>) {
        on(router, .get, "targets") { _ throws(SimulatorError) in
            let targets = simulation.read { $0.actions.targets }
            return "{\"targets\":[\(targets.map { $0.json(withPayloadType: true) }.joined(separator: ","))]}"
        }
        on(router, .get, "executions") { _ throws(SimulatorError) in
            let executions = simulation.read { $0.actions.executions }
            return "{\"executions\":[\(executions.map(\.json).joined(separator: ","))]}"
        }
        on(router, .post, "targets/:reference/rotate") { input throws(SimulatorError) in
            try simulation.rotateKey(input.reference)
        }
        on(router, .get, "calls") { _ throws(SimulatorError) in
            ControlAnswer.json(simulation.calls.byName)
        }
        on(router, .delete, "calls") { _ throws(SimulatorError) in
            simulation.calls.reset()
            return "{}"
        }
        on(router, .post, "bulk/users") { input throws(SimulatorError) in
            let bulk: BulkUsers = try input.decoded()
            let (users, events) = try simulation.perform(delivers: bulk.webhooks ?? true) {
                (tenant) throws(SimulatorError) in
                try tenant.createUsers(bulk)
            }
            return "{\"users\":\(users),\"events\":\(events.count)}"
        }
        addFaults(router)
    }

    private func addFaults(_ router: Router<BasicRequestContext>) {
        on(router, .get, "faults") { _ throws(SimulatorError) in
            ControlAnswer.json(simulation.read { $0.faults.faults })
        }
        on(router, .put, "faults") { input throws(SimulatorError) in
            let change: FaultChange = try input.decoded()
            return ControlAnswer.json(try simulation.setFaults { change.applied(to: $0) })
        }
        on(router, .delete, "faults") { _ throws(SimulatorError) in
            ControlAnswer.json(try simulation.setFaults { _ in Faults() })
        }
        on(router, .post, "faults/commit") { _ throws(SimulatorError) in
            ControlAnswer.change([:], try simulation.commitHeldPushes())
        }
    }
}

extension Simulation {
    /// Gives a target a new signing key, as somebody else would through the API.
    ///
    /// - Parameter reference: id or name.
    func rotateKey(_ reference: String) throws(SimulatorError) -> String {
        let target = read { state in state.actions.targets.first { $0.id == reference || $0.name == reference } }
        guard let target else { throw .notFound("no target \(reference)") }
        do throws(GatewayError) {
            let request = RequestMessage(["expirationSigningKey": .string("0s")])
            return try updateTarget(target.id, try TargetRequest(request, .v2, configuration))
        } catch {
            throw .unavailable(error.message)
        }
    }
}
