import ServiceRuntime
import ZitadelClient

/// What `register` and `unregister` found and did, as text and as JSON.
struct RegistrationOutput: Equatable, Sendable {
    let instance: ZitadelInstance
    let flavour: ActionsFlavour
    let isDryRun: Bool
    let changes: [RegistrationChange]
    let warnings: [Advice]

    /// A line a change, as in a patch; what is wrong behind `!`.
    var text: String {
        let made = isDryRun ? "would be made" : "made"
        let summary = changes.isEmpty ? "nothing to change" : "\(changes.count) changes \(made)"
        let lines =
            ["instance \(instance.id), Zitadel \(instance.version), Actions API \(flavour.rawValue): \(summary)"]
            + changes.map(\.description) + warnings.map { "! \($0)" }
        return lines.map { $0 + "\n" }.joined()
    }

    var json: String {
        var output = JSONOutput()
        output.openObject()
        output.member("instance", instance.id)
        output.member("version", instance.version)
        output.member("flavour", flavour.rawValue)
        output.member("dryRun", isDryRun)
        output.name("changes")
        output.openArray()
        for change in changes { change.write(to: &output) }
        output.closeArray()
        output.name("warnings")
        warnings.write(to: &output)
        output.closeObject()
        return output.text + "\n"
    }
}

extension Registration {
    /// Compares and, unless it is a dry run, makes the changes.
    ///
    /// - Parameter instanceID: the only instance that is right; nil for any.
    func register(
        _ wanted: TargetSpecification, eventTypes: [String], instanceID: String?, isDryRun: Bool
    ) async throws(RegistrationFailure) -> RegistrationOutput {
        let (instance, flavour, snapshot) = try await read(instanceID)
        let plan = RegistrationPlan(wanted, eventTypes: eventTypes, at: snapshot)
        var warnings = VersionAdvice.warnings(snapshot.version, endpoint: wanted.endpoint)
        warnings += plan.warnings.map(\.advice)
        if !isDryRun {
            let refused = try await apply(plan.changes, ours: snapshot.ourTarget).refusedTypes
            if !refused.isEmpty { warnings.append(RegistrationWarning.unknownTypes(refused).advice) }
        }
        return RegistrationOutput(
            instance: instance, flavour: flavour, isDryRun: isDryRun, changes: plan.changes, warnings: warnings)
    }

    /// Takes our target out of every execution and deletes it, unless it is a dry run.
    func unregister(instanceID: String?, isDryRun: Bool) async throws(RegistrationFailure) -> RegistrationOutput {
        let (instance, flavour, snapshot) = try await read(instanceID)
        let changes = UnregistrationPlan(at: snapshot).changes
        if !isDryRun { _ = try await apply(changes, ours: snapshot.ourTarget) }
        return RegistrationOutput(
            instance: instance, flavour: flavour, isDryRun: isDryRun, changes: changes, warnings: [])
    }

    private func read(
        _ instanceID: String?
    ) async throws(RegistrationFailure) -> (ZitadelInstance, ActionsFlavour, RegistrationSnapshot) {
        let instance = try await instance(expected: instanceID)
        let flavour = try await flavour()
        return (instance, flavour, try await snapshot(of: instance, targets: try await targets()))
    }
}
