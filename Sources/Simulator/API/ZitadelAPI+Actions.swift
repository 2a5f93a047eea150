import Hummingbird

/// The Actions API: targets and executions.
extension ZitadelAPI {
    func addActions(_ service: ActionService, to router: Router<BasicRequestContext>) {
        let root = "\(service.rawValue)/actions"
        addTargets(service, "\(root)/targets", to: router)
        let executions = "\(root)/executions"
        on(router, .put, executions, requires: .write) { call throws(GatewayError) in
            try simulation.setExecution(call.message)
        }
        on(router, .post, "\(executions)/\(configuration.flavour.searchPath)", requires: .read) {
            call throws(GatewayError) in
            try simulation.listExecutions(call.message)
        }
    }

    private func addTargets(_ service: ActionService, _ path: String, to router: Router<BasicRequestContext>) {
        let hasPayloadType = service == .v2 && configuration.reportedVersion.hasPayloadTypes
        // Before the path with an id, which it would match too.
        on(router, .post, "\(path)/\(configuration.flavour.searchPath)", requires: .read) {
            call throws(GatewayError) in
            try simulation.listTargets(call.message, withPayloadType: hasPayloadType)
        }
        on(router, .post, path, requires: .write) { call throws(GatewayError) in
            let target = try TargetRequest(call.message, service, configuration)
            return try simulation.createTarget(target)
        }
        on(router, .post, "\(path)/:id", requires: .write) { call throws(GatewayError) in
            let change = try TargetRequest(call.message, service, configuration)
            return try simulation.updateTarget(call.id, change)
        }
        on(router, .delete, "\(path)/:id", requires: .write) { call throws(GatewayError) in
            try simulation.deleteTarget(call.id)
        }
        on(router, .get, "\(path)/:id", requires: .read) { call throws(GatewayError) in
            try simulation.getTarget(call.id, withPayloadType: hasPayloadType)
        }
    }
}
