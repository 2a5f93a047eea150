import ZitadelClient

@testable import Bridge

/// Zitadel's Actions API in memory: full replacement, unique names, refusals, and its router's best match.
actor RegistrationZitadel: ActionsAPI {
    enum Call: Hashable, Sendable {
        case instance, eventTypes, flavour, targets, createTarget, updateTarget, rotate, deleteTarget, executions, set
    }

    var served = ZitadelInstance(id: "290000000000000001", name: "test", version: "v4.10.0")
    var knownTypes: [String]
    private(set) var targets: [ActionTarget] = []
    private(set) var executions: [EventCondition: [String]] = [:]
    private(set) var calls: [Call] = []
    private var failures: [Call: ZitadelAPIError] = [:]
    private var created = 0

    init(knownTypes: [String]) {
        self.knownTypes = knownTypes
    }

    // What a test does to it.

    func serve(version: String) { served = ZitadelInstance(id: served.id, name: served.name, version: version) }
    func serve(instance id: String) { served = ZitadelInstance(id: id, name: served.name, version: served.version) }
    func fail(_ call: Call, with error: ZitadelAPIError?) { failures[call] = error }
    func have(_ target: ActionTarget) { targets.append(target) }
    func have(_ condition: EventCondition, _ targets: [String]) {
        executions[condition] = targets.isEmpty ? nil : targets
    }

    func change(_ body: @Sendable (inout [ActionTarget]) -> Void) { body(&targets) }
    func count(of call: Call) -> Int { calls.filter { $0 == call }.count }

    var writes: Int {
        calls.filter { [.createTarget, .updateTarget, .rotate, .deleteTarget, .set].contains($0) }.count
    }

    /// As Zitadel's router finds them, written from its rules and not from `ExecutionTable`.
    func firing(for type: String, rawPrefixes: Bool) -> [String] {
        let event = "event/" + type
        var entries: [(id: String, targets: [String])] = []
        for (condition, targets) in executions {
            switch condition {
            case .event(let type): entries.append(("event/\(type)", targets))
            case .group(let group): entries.append(("event/\(group).*", targets))
            case .all: entries.append(("event", targets))
            }
        }
        entries.sort { $0.id < $1.id }
        if let exact = entries.first(where: { $0.id == event }) { return exact.targets }
        var best: [String] = []
        for entry in entries {
            if rawPrefixes || entry.id == "event", event.hasPrefix(entry.id) { best = entry.targets }
            if entry.id.hasSuffix(".*"), event.hasPrefix(entry.id.dropLast(2)) { best = entry.targets }
        }
        return best
    }

    // The API.

    func instance() async throws(ZitadelAPIError) -> ZitadelInstance {
        try called(.instance)
        return served
    }

    func eventTypes() async throws(ZitadelAPIError) -> [String] {
        try called(.eventTypes)
        return knownTypes
    }

    func actionsFlavour() async throws(ZitadelAPIError) -> ActionsFlavour {
        try called(.flavour)
        return .v2
    }

    func targets(named name: String) async throws(ZitadelAPIError) -> [ActionTarget] {
        try called(.targets)
        return targets.filter { $0.name == name }
    }

    func createTarget(_ wanted: TargetSpecification) async throws(ZitadelAPIError) -> ActionTarget {
        try called(.createTarget)
        guard !targets.contains(where: { $0.name == wanted.name }) else {
            throw ZitadelAPIError(.refused, status: 409, code: 6, message: "Errors.Target.AlreadyExists")
        }
        created += 1
        let target = ActionTarget(
            id: "ours\(created)", name: wanted.name, kind: .restWebhook(interruptOnError: false),
            endpoint: wanted.endpoint, timeoutMilliseconds: wanted.timeoutMilliseconds,
            payloadType: "PAYLOAD_TYPE_JSON", signingKey: "key-\(created)")
        targets.append(target)
        return target
    }

    func updateTarget(id: String, to wanted: TargetSpecification) async throws(ZitadelAPIError) {
        try called(.updateTarget)
        let index = try self.index(of: id)
        targets[index].kind = .restWebhook(interruptOnError: false)
        targets[index].endpoint = wanted.endpoint
        targets[index].timeoutMilliseconds = wanted.timeoutMilliseconds
        targets[index].payloadType = "PAYLOAD_TYPE_JSON"
    }

    func rotateSigningKey(ofTarget id: String) async throws(ZitadelAPIError) -> String {
        try called(.rotate)
        let index = try self.index(of: id)
        let key = "\(targets[index].signingKey ?? "key")-rotated"
        targets[index].signingKey = key
        return key
    }

    func deleteTarget(id: String) async throws(ZitadelAPIError) {
        try called(.deleteTarget)
        targets.removeAll { $0.id == id }
        for (condition, list) in executions {
            let rest = list.filter { $0 != id }
            executions[condition] = rest.isEmpty ? nil : rest
        }
    }

    func eventExecutions() async throws(ZitadelAPIError) -> [EventExecution] {
        try called(.executions)
        return executions.map { EventExecution(condition: $0.key, targets: $0.value) }
    }

    func setExecution(_ execution: EventExecution) async throws(ZitadelAPIError) {
        try called(.set)
        guard isKnown(execution.condition) else {
            throw ZitadelAPIError(
                .refused, status: 404, code: 5, id: "COMMAND-74aaqj8fv9", message: "Errors.Execution.ConditionInvalid")
        }
        for id in execution.targets { _ = try index(of: id) }
        executions[execution.condition] = execution.targets.isEmpty ? nil : execution.targets
    }

    private func isKnown(_ condition: EventCondition) -> Bool {
        switch condition {
        case .event(let type): knownTypes.contains(type)
        case .group(let group): knownTypes.contains { $0.hasPrefix(group) }
        case .all: true
        }
    }

    private func index(of id: String) throws(ZitadelAPIError) -> Int {
        guard let index = targets.firstIndex(where: { $0.id == id }) else {
            throw ZitadelAPIError(.refused, status: 404, code: 5, message: "Errors.Target.NotFound")
        }
        return index
    }

    private func called(_ call: Call) throws(ZitadelAPIError) {
        calls.append(call)
        if let failure = failures[call] { throw failure }
    }
}

extension TargetSpecification {
    static let test = TargetSpecification(
        name: "zitadel-kafka-bridge", endpoint: "https://bridge.example/webhook/zitadel-events",
        timeoutMilliseconds: 9000)
}
