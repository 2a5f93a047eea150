/// What goes wrong, as set through the control API. Durations are milliseconds.
struct Faults: Codable, Sendable, Equatable {
    /// Probability that a webhook call never happens.
    var drop = 0.0
    /// Probability that a webhook call happens twice.
    var duplicate = 0.0
    /// Each webhook call waits a random time up to this, so that later ones overtake it.
    var reorderMilliseconds = 0
    /// Each webhook call waits this long.
    var delayMilliseconds = 0
    var lateCommit: LateCommit?
    var noWebhook: NoWebhook?
    var api: APIFault?
    /// Webhooks carry `{}` as payload, as Zitadel 4.1.0 to 4.1.2.
    var emptyPayloads = false
    /// Targets are refused as if the deny list had their address.
    var denyTargets = false
    /// ListTargets and ListExecutions answer 500.
    var failLists = false
    /// Largest answer of the events search in bytes, as gRPC bounds it.
    var messageSizeMax = 4 << 20
    /// The instance's clock is this much ahead: creation dates, signatures and the `Date` of answers.
    var clockSkewSeconds = 0

    /// The next commands' events get their creation date now and are committed later.
    struct LateCommit: Codable, Sendable, Equatable {
        var commands: Int
        var milliseconds: Int
    }

    /// The next commands' events are stored without webhooks, as by code that runs in Zitadel's background.
    struct NoWebhook: Codable, Sendable, Equatable {
        var commands: Int
        /// `SETUP` or `NOTIFICATION` in Zitadel.
        var editor: String
    }

    /// API calls are slow, or answered with an error.
    struct APIFault: Codable, Sendable, Equatable {
        /// `nil` is only slow.
        var status: Int?
        var latencyMilliseconds: Int?
        /// Seconds, sent as `Retry-After`.
        var retryAfter: Int?
        /// Only for paths that begin with this.
        var path: String?
        /// Over after this many calls.
        var calls: Int?
        /// Over after this time.
        var milliseconds: Int?
    }

    func validate() throws(SimulatorError) {
        guard (0...1).contains(drop), (0...1).contains(duplicate) else {
            throw .invalid("a probability is not from 0 to 1")
        }
        let numbers = [
            reorderMilliseconds, delayMilliseconds, messageSizeMax, lateCommit?.commands ?? 0,
            lateCommit?.milliseconds ?? 0, noWebhook?.commands ?? 0, api?.latencyMilliseconds ?? 0,
            api?.retryAfter ?? 0, api?.calls ?? 0, api?.milliseconds ?? 0,
        ]
        guard numbers.allSatisfy({ (0...1_000_000_000).contains($0) }) else {
            throw .invalid("a number is below 0 or too large")
        }
        guard noWebhook?.editor.utf8.contains(where: { $0 < 0x20 }) != true else {
            throw .invalid("editor has a control character")
        }
        guard (400...599).contains(api?.status ?? 500) else { throw .invalid("status is not from 400 to 599") }
    }
}

/// What a request changes; absent is unchanged.
struct FaultChange: Codable, Sendable, Equatable {
    var drop: Double?
    var duplicate: Double?
    var reorderMilliseconds: Int?
    var delayMilliseconds: Int?
    var lateCommit: Faults.LateCommit?
    var noWebhook: Faults.NoWebhook?
    var api: Faults.APIFault?
    var emptyPayloads: Bool?
    var denyTargets: Bool?
    var failLists: Bool?
    var messageSizeMax: Int?
    var clockSkewSeconds: Int?

    func applied(to faults: Faults) -> Faults {
        var faults = faults
        if let drop { faults.drop = drop }
        if let duplicate { faults.duplicate = duplicate }
        if let reorderMilliseconds { faults.reorderMilliseconds = reorderMilliseconds }
        if let delayMilliseconds { faults.delayMilliseconds = delayMilliseconds }
        if let lateCommit { faults.lateCommit = lateCommit }
        if let noWebhook { faults.noWebhook = noWebhook }
        if let api { faults.api = api }
        if let emptyPayloads { faults.emptyPayloads = emptyPayloads }
        if let denyTargets { faults.denyTargets = denyTargets }
        if let failLists { faults.failLists = failLists }
        if let messageSizeMax { faults.messageSizeMax = messageSizeMax }
        if let clockSkewSeconds { faults.clockSkewSeconds = clockSkewSeconds }
        return faults
    }
}
