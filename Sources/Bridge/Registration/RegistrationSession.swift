import Logging
import ServiceRuntime
import ZitadelClient

/// What a registrar learned, and who has been told. Tells and logs each thing once, when it changes.
struct RegistrationSession: Sendable {
    private(set) var keys: KeyRing
    /// The instance that everything has to be of: the configured one, else the first that was asked.
    private(set) var instanceID: String?
    private var instance: ZitadelInstance?
    private var state: RegistrationState?
    private var acceptedKeys: [AcceptedKey] = []
    private var warned: Set<Advice> = []
    private var failure: RegistrationFailure?
    private var keysAreUnread = false
    private var reusedTarget: String?
    private var since: Int64?
    private let logger: Logger
    private let report: @Sendable (RegistrationReport) -> Void

    init(
        keys: KeyRing, instanceID: String?, logger: Logger, report: @escaping @Sendable (RegistrationReport) -> Void
    ) {
        self.keys = keys
        self.instanceID = instanceID
        self.logger = logger
        self.report = report
        reportKeys(isNew: false)
    }

    mutating func instanceRead(_ instance: ZitadelInstance, endpoint: String?) {
        instanceID = instance.id
        let version = ZitadelVersion(instance.version)
        warn(VersionAdvice.warnings(version, endpoint: endpoint))
        guard self.instance != instance else { return }
        self.instance = instance
        logger.info(
            "Zitadel instance found",
            metadata: [LogKey.instance: "\(instance.id)", LogKey.version: "\(instance.version)"])
        report(.instanceKnown(instance, emptiesPayloads: VersionAdvice.emptiesPayloads(version)))
    }

    /// Zitadel's targets of our name, with their keys.
    mutating func targetsRead(_ targets: [ActionTarget], at now: ContinuousClock.Instant) {
        keysAreUnread = false
        learn(targets.compactMap(\.signingKey), at: now)
    }

    /// The targets could not be read for a signature that no key matches. What is registered stays so.
    mutating func keysNotRead(_ failure: RegistrationFailure) {
        guard !keysAreUnread else { return }
        keysAreUnread = true
        let advice = failure.advice
        logger.warning(
            "The signing keys were not read, trying again",
            metadata: [LogKey.reason: "\(advice.problem)", LogKey.fix: "\(advice.fix)"])
    }

    mutating func learn(_ texts: [String], at now: ContinuousClock.Instant) {
        let isNew = keys.learned(texts, at: now)
        if isNew { logger.info("Signing key learned", metadata: [LogKey.count: "\(texts.count)"]) }
        reportKeys(isNew: isNew)
    }

    mutating func expireKeys(at now: ContinuousClock.Instant) {
        if keys.expire(at: now) { logger.info("Replaced signing key is no longer accepted") }
        reportKeys(isNew: false)
    }

    /// - Parameter registers: whether there is an endpoint to register.
    mutating func started(registers: Bool) {
        guard !registers else { return tell(.trying(attempts: 0, problem: nil)) }
        logger.info("ZITADEL_WEBHOOK_ENDPOINT not configured — skipping Actions v2 registration")
        tell(.withoutEndpoint)
    }

    mutating func instanceOnlySucceeded() {
        failure = nil
        tell(.withoutEndpoint)
    }

    mutating func reusing(_ target: ActionTarget) {
        guard reusedTarget != target.id else { return }
        reusedTarget = target.id
        logger.info("Reusing existing target", metadata: [LogKey.target: "\(target.id)"])
    }

    mutating func registered(
        _ outcome: RegistrationOutcome, warnings: [Advice], now: Int64
    ) {
        warn(outcome.warnings)
        if state?.phase == .registered, outcome.changes > 0 {
            logger.warning(
                "Registration had been changed in Zitadel and was repaired",
                metadata: [LogKey.count: "\(outcome.changes)"])
        }
        if state?.phase != .registered || outcome.changes > 0 {
            logger.info(
                "Zitadel Actions v2 registration complete",
                metadata: [
                    LogKey.target: "\(outcome.targetID)", LogKey.flavour: "\(outcome.flavour.rawValue)",
                    LogKey.changes: "\(outcome.changes)", LogKey.count: "\(outcome.conditions)",
                ])
        }
        reusedTarget = outcome.targetID
        failure = nil
        since = since ?? now
        tell(
            .registered(
                RegistrationState.Registered(
                    targetID: outcome.targetID, flavour: outcome.flavour, since: since ?? now,
                    conditions: outcome.conditions, warnings: warnings + outcome.warnings)))
    }

    /// - Parameter attempts: failed ones in a row, this one included.
    mutating func failed(_ failure: RegistrationFailure, attempts: Int) {
        let advice = failure.advice
        if self.failure != failure {
            logger.warning(
                "Zitadel was asked in vain, trying again",
                metadata: [LogKey.reason: "\(advice.problem)", LogKey.fix: "\(advice.fix)"])
        }
        self.failure = failure
        since = nil
        if case .wrongInstance = failure {
            tell(.failed(advice))
        } else {
            tell(.trying(attempts: attempts, problem: advice))
        }
    }

    private mutating func warn(_ advices: [Advice]) {
        for advice in advices where warned.insert(advice).inserted {
            logger.warning(
                "Zitadel needs attention", metadata: [LogKey.reason: "\(advice.problem)", LogKey.fix: "\(advice.fix)"])
        }
    }

    private mutating func tell(_ state: RegistrationState) {
        guard self.state != state else { return }
        self.state = state
        report(.state(state))
    }

    private mutating func reportKeys(isNew: Bool) {
        guard acceptedKeys != keys.accepted else { return }
        acceptedKeys = keys.accepted
        report(.signingKeys(acceptedKeys, isNew: isNew))
    }
}

/// What the registrar tells the rest of the bridge, in the order it happens.
enum RegistrationReport: Equatable, Sendable {
    /// At first, and again when its version or name changes. Its id never does.
    case instanceKnown(ZitadelInstance, emptiesPayloads: Bool)
    /// All keys that are accepted from now on. When one is new, requests signed with it may have been refused.
    case signingKeys([AcceptedKey], isNew: Bool)
    case state(RegistrationState)
}

/// A comparison that succeeded.
struct RegistrationOutcome: Equatable, Sendable {
    let targetID: String
    let flavour: ActionsFlavour
    let changes: Int
    let conditions: Int
    let warnings: [Advice]
}

extension LogKey {
    /// Id of our target in Zitadel.
    static let target = "target"
    /// Which form of the Actions API Zitadel has.
    static let flavour = "flavour"
    static let changes = "changes"
    /// How to mend it.
    static let fix = "fix"
}
