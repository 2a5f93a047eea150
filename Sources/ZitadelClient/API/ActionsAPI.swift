/// Which paths and members a Zitadel's Actions API has.
package enum ActionsFlavour: String, Sendable, CaseIterable {
    /// 4.0 and later: `/v2/actions/…/search`.
    case v2
    /// The same calls under `/v2beta`, for a 4.x whose `/v2` is not served.
    case v2beta
    /// 3.x: `/v2beta/actions/…/_search`, whose answers hold `result`.
    case v2betaSearch = "v2beta_search"
}

/// The instance that the API's host serves.
package struct ZitadelInstance: Hashable, Sendable {
    package let id: String
    package let name: String
    /// Zitadel's build version, such as `v4.2.0` or `3.4.5`; empty when it tells none.
    package let version: String

    package init(id: String, name: String, version: String) {
        self.id = id
        self.name = name
        self.version = version
    }
}

/// How Zitadel calls a target.
package enum TargetKind: Hashable, Sendable {
    case restWebhook(interruptOnError: Bool)
    case restCall(interruptOnError: Bool)
    case restAsync
    case unknown
}

/// A target of Actions v2.
package struct ActionTarget: Hashable, Sendable {
    package var id: String
    package var name: String
    package var kind: TargetKind
    package var endpoint: String
    /// Milliseconds; nil when it cannot be read.
    package var timeoutMilliseconds: Int64?
    /// Zitadel's name of it; nil when it sends none, which means JSON.
    package var payloadType: String?
    /// A secret. Zitadel tells it to whoever may read targets.
    package var signingKey: String?

    package init(
        id: String, name: String, kind: TargetKind, endpoint: String, timeoutMilliseconds: Int64?,
        payloadType: String? = nil, signingKey: String? = nil
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.endpoint = endpoint
        self.timeoutMilliseconds = timeoutMilliseconds
        self.payloadType = payloadType
        self.signingKey = signingKey
    }
}

/// When an event execution fires.
package enum EventCondition: Hashable, Sendable {
    case event(String)
    /// Without the `.*`.
    case group(String)
    case all
}

/// The targets of one condition.
package struct EventExecution: Hashable, Sendable {
    package var condition: EventCondition
    /// Ids, called in this order.
    package var targets: [String]

    package init(condition: EventCondition, targets: [String]) {
        self.condition = condition
        self.targets = targets
    }
}

/// What a target of ours has to be; for creating and repairing it.
package struct TargetSpecification: Hashable, Sendable {
    package var name: String
    package var endpoint: String
    /// Milliseconds.
    package var timeoutMilliseconds: Int64

    package init(name: String, endpoint: String, timeoutMilliseconds: Int64) {
        self.name = name
        self.endpoint = endpoint
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// The part of Zitadel's API that registration needs.
package protocol ActionsAPI: Sendable {
    func instance() async throws(ZitadelAPIError) -> ZitadelInstance
    /// Every event type this Zitadel knows.
    func eventTypes() async throws(ZitadelAPIError) -> [String]
    /// Asks once and remembers.
    func actionsFlavour() async throws(ZitadelAPIError) -> ActionsFlavour
    func targets(named name: String) async throws(ZitadelAPIError) -> [ActionTarget]
    /// - Returns: the new target with its signing key.
    func createTarget(_ wanted: TargetSpecification) async throws(ZitadelAPIError) -> ActionTarget
    /// Sets all that the specification says: type `restWebhook` that does not interrupt, JSON payload.
    func updateTarget(id: String, to wanted: TargetSpecification) async throws(ZitadelAPIError)
    /// Replaces the signing key at once.
    /// - Returns: the new key.
    func rotateSigningKey(ofTarget id: String) async throws(ZitadelAPIError) -> String
    /// Also takes it out of every execution. One that is gone already is no error.
    func deleteTarget(id: String) async throws(ZitadelAPIError)
    /// Every execution on an event condition.
    func eventExecutions() async throws(ZitadelAPIError) -> [EventExecution]
    /// Replaces the targets of a condition; none switches it off.
    func setExecution(_ execution: EventExecution) async throws(ZitadelAPIError)
}
