/// What the Actions API does with targets (Zitadel, `internal/command/action_v2_target.go`).
extension Simulation {
    func createTarget(_ request: TargetRequest) throws(GatewayError) -> String {
        let required = try request.required()
        let target = try changeActions { (state, now) throws(GatewayError) in
            if state.faults.faults.denyTargets { throw TargetRequest.denied }
            try Self.requireUnused(required.name, state)
            let target = ActionTarget(
                id: state.newTargetID(), name: required.name, endpoint: required.endpoint,
                timeoutNanoseconds: required.timeout, kind: required.kind,
                interruptOnError: request.kind?.interruptOnError ?? false, payloadType: request.payloadType,
                signingKey: state.newSigningKey(), createdAt: now, changedAt: now)
            state.actions.set(target)
            return ActionChange(
                result: target, events: [event("target.added", of: target)], entries: [.target(target)])
        }
        return "{\"id\":\"\(target.id)\",\"creationDate\":\"\(ProtobufJSON.timestamp(target.createdAt))\","
            + "\"signingKey\":\"\(target.signingKey)\"}"
    }

    func updateTarget(_ id: String, _ request: TargetRequest) throws(GatewayError) -> String {
        let target = try changeActions { (state, now) throws(GatewayError) in
            if state.faults.faults.denyTargets, request.endpoint != nil { throw TargetRequest.denied }
            guard var target = state.actions.target(id) else { throw Self.targetNotFound }
            let before = target
            if let name = request.name, name != target.name {
                try Self.requireUnused(name, state)
                target.name = name
            }
            target.endpoint = request.endpoint ?? target.endpoint
            target.timeoutNanoseconds = request.timeoutNanoseconds ?? target.timeoutNanoseconds
            target.kind = request.kind?.kind ?? target.kind
            target.interruptOnError = request.kind?.interruptOnError ?? target.interruptOnError
            target.payloadType = request.payloadType ?? target.payloadType
            if request.rotatesKey { target.signingKey = state.newSigningKey() }
            guard target != before else { return ActionChange(result: target) }
            target.changedAt = now
            state.actions.set(target)
            return ActionChange(
                result: target, events: [event("target.changed", of: target)], entries: [.target(target)])
        }
        let key = request.rotatesKey ? ",\"signingKey\":\"\(target.signingKey)\"" : ""
        return "{\"changeDate\":\"\(ProtobufJSON.timestamp(target.changedAt))\"\(key)}"
    }

    /// Deleting what is gone already is no error.
    func deleteTarget(_ id: String) throws(GatewayError) -> String {
        try changeActions { (state, now) throws(GatewayError) in
            guard let target = state.actions.target(id) else { return ActionChange(result: "{}") }
            state.actions.removeTarget(id)
            let payload = GoJSON.object { $0.member("name", target.name) }
            return ActionChange(
                result: "{\"deletionDate\":\"\(ProtobufJSON.timestamp(now))\"}",
                events: [NewEvent(aggregate: aggregate(of: id), type: "target.removed", payload: payload)],
                entries: [.targetRemoved(id)])
        }
    }

    func getTarget(_ id: String, withPayloadType: Bool) throws(GatewayError) -> String {
        guard let target = read({ $0.actions.target(id) }) else { throw Self.targetNotFound }
        return "{\"target\":\(target.json(withPayloadType: withPayloadType))}"
    }

    func listTargets(_ request: RequestMessage, withPayloadType: Bool) throws(GatewayError) -> String {
        let pagination = try Pagination(request)
        var (targets, fails) = read { ($0.actions.targets, $0.faults.faults.failLists) }
        guard !fails else { throw Self.listFailed }
        for filter in try request.messages("filters") {
            if let name = try filter.message("targetNameFilter") {
                let matcher = try TextFilter(name, member: "targetName")
                targets.removeAll { !matcher.matches($0.name) }
            } else if let ids = try filter.message("inTargetIdsFilter") {
                let wanted = Set(try ids.texts("targetIds"))
                targets.removeAll { !wanted.contains($0.id) }
            }
        }
        return pagination.answer(
            configuration.flavour.targetsMember, targets.map { $0.json(withPayloadType: withPayloadType) })
    }

    static let targetNotFound = GatewayError.notFound("Errors.Target.NotFound", id: "COMMAND-17e8fq1ggk")
    static let listFailed = GatewayError(
        status: 500, code: 13, message: "Errors.Internal", id: "QUERY-y2u7vctrha")

    private static func requireUnused(_ name: String, _ state: InstanceState) throws(GatewayError) {
        guard !state.actions.targets.contains(where: { $0.name == name }) else {
            throw .exists("Errors.Target.AlreadyExists", id: "V3-DKcYh")
        }
    }

    private func aggregate(of id: String) -> Aggregate {
        Aggregate(type: "target", id: id, resourceOwner: configuration.instanceID)
    }

    /// The signing key is in the event, encrypted in Zitadel and made up here.
    private func event(_ type: String, of target: ActionTarget) -> NewEvent {
        let payload = GoJSON.object { json in
            json.member("name", target.name)
            json.member("targetType", target.kind.number)
            json.member("endpoint", target.endpoint)
            json.member("timeout", Int(target.timeoutNanoseconds))
            json.member("interruptOnError", raw: target.interruptOnError ? "true" : "false")
            json.member(
                "signingKey",
                raw: #"{"CryptoType":0,"Algorithm":"aes","KeyID":"simulated-key","Crypted":"c2ltdWxhdGVk"}"#)
        }
        return NewEvent(aggregate: aggregate(of: target.id), type: type, payload: payload)
    }
}
