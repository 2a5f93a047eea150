import ZitadelClient

/// Reads and changes what Zitadel has of us. For the bridge and for its commands.
struct Registration: Sendable {
    let api: any ActionsAPI
    /// Name of our target, which is how it is found again.
    let targetName: String

    /// What changes left behind.
    struct Applied: Equatable, Sendable {
        /// Our target; nil when there is none.
        var targetID: String?
        /// A secret. The key that the target has now; nil when it is not known.
        var signingKey: String?
        /// Event types that Zitadel lists and then does not know.
        var refusedTypes: [String] = []
    }

    /// - Parameter expected: id of the instance that it has to be; nil for any.
    func instance(expected: String?) async throws(RegistrationFailure) -> ZitadelInstance {
        let instance = try await call(.readInstance) { () async throws(ZitadelAPIError) in try await api.instance() }
        if let expected, instance.id != expected {
            throw .wrongInstance(found: instance.id, expected: expected)
        }
        return instance
    }

    func flavour() async throws(RegistrationFailure) -> ActionsFlavour {
        try await call(.findActions) { () async throws(ZitadelAPIError) in try await api.actionsFlavour() }
    }

    func targets() async throws(RegistrationFailure) -> [ActionTarget] {
        try await call(.readTargets) { () async throws(ZitadelAPIError) in try await api.targets(named: targetName) }
    }

    /// - Parameter targets: ours, as read before.
    func snapshot(
        of instance: ZitadelInstance, targets: [ActionTarget]
    ) async throws(RegistrationFailure) -> RegistrationSnapshot {
        let types = try await call(.readEventTypes) { () async throws(ZitadelAPIError) in try await api.eventTypes() }
        let executions = try await call(.readExecutions) { () async throws(ZitadelAPIError) in
            try await api.eventExecutions()
        }
        return RegistrationSnapshot(
            knownTypes: types, targets: targets, executions: executions, version: ZitadelVersion(instance.version))
    }

    /// Makes the changes in their order and stops at the first that fails; what is made then stays and is right.
    ///
    /// - Parameter ours: our target before the changes.
    func apply(
        _ changes: [RegistrationChange], ours: ActionTarget?
    ) async throws(RegistrationFailure) -> Applied {
        var applied = Applied(targetID: ours?.id, signingKey: ours?.signingKey)
        for change in changes {
            do throws(RegistrationFailure) {
                try await apply(change, &applied)
            } catch {
                guard case .addTo(let addition) = change, error.isOfUnknownType else { throw error }
                applied.refusedTypes.append(addition.condition.text)
            }
        }
        return applied
    }

    private func apply(_ change: RegistrationChange, _ applied: inout Applied) async throws(RegistrationFailure) {
        switch change {
        case .createTarget(let wanted):
            let target = try await call(.createTarget) { () async throws(ZitadelAPIError) in
                try await api.createTarget(wanted)
            }
            applied = Applied(targetID: target.id, signingKey: target.signingKey)
        case .repairTarget(let id, _, let wanted):
            try await call(.repairTarget) { () async throws(ZitadelAPIError) in
                try await api.updateTarget(id: id, to: wanted)
            }
        case .addSigningKey(let id):
            applied.signingKey = try await rotateSigningKey(ofTarget: id)
        case .addTo(let addition):
            guard let ours = applied.targetID else { preconditionFailure("A plan creates the target first.") }
            try await set(EventExecution(condition: addition.condition, targets: addition.targets(with: ours)))
        case .removeFrom(let condition, let rest):
            try await set(EventExecution(condition: condition, targets: rest))
        case .deleteTarget(let id, _):
            try await call(.deleteTarget) { () async throws(ZitadelAPIError) in try await api.deleteTarget(id: id) }
            applied = Applied()
        }
    }

    /// - Returns: the new key.
    func rotateSigningKey(ofTarget id: String) async throws(RegistrationFailure) -> String {
        try await call(.rotateKey) { () async throws(ZitadelAPIError) in try await api.rotateSigningKey(ofTarget: id) }
    }

    private func set(_ execution: EventExecution) async throws(RegistrationFailure) {
        try await call(.setExecution) { () async throws(ZitadelAPIError) in try await api.setExecution(execution) }
    }

    private func call<Answer: Sendable>(
        _ step: RegistrationStep, _ body: () async throws(ZitadelAPIError) -> Answer
    ) async throws(RegistrationFailure) -> Answer {
        do throws(ZitadelAPIError) {
            return try await body()
        } catch {
            throw .refused(step, error)
        }
    }
}
