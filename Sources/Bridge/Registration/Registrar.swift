import EventContract
import Logging
import ServiceLifecycle
import ServiceRuntime
import ZitadelClient

/// Keeps the bridge registered: at the start, again after a failure with growing pauses, and again every interval,
/// because others change executions too.
///
/// No failure leaves this service. It is told, and the bridge polls meanwhile.
final class Registrar: Service {
    struct Configuration: Sendable {
        /// What to register; nil only finds out the instance and its version.
        var target: TargetSpecification?
        /// The only instance that is right; nil pins the first that is asked.
        var instanceID: String?
        /// Signing keys of the settings, which stay accepted.
        var signingKeys: [String] = []
        /// How far the stamp of a signature may be off.
        var signatureTolerance: Duration
        /// Between two comparisons.
        var interval: Duration
        var backoff = Backoff(initial: .seconds(1), maximum: .seconds(60))
        /// Between two readings of the target for signatures that no key matches.
        var rereadInterval = Duration.seconds(10)
        var eventTypes = Catalogue.eventTypes
    }

    private let configuration: Configuration
    private let registration: Registration
    private let clock: WallClock
    private let logger: Logger
    private let report: @Sendable (RegistrationReport) -> Void
    private let unknownKey = WakeSignal()

    /// - Parameter report: called in order, from this service's task; must not block.
    init(
        _ configuration: Configuration, api: any ActionsAPI, clock: WallClock = .system, logger: Logger,
        report: @escaping @Sendable (RegistrationReport) -> Void
    ) {
        self.configuration = configuration
        registration = Registration(api: api, targetName: configuration.target?.name ?? "")
        self.clock = clock
        self.logger = logger
        self.report = report
    }

    /// A well-formed signature was made with a key we do not know: maybe the target has a new one. From any thread;
    /// costs next to nothing, however often it is called.
    func unknownKeySeen() {
        unknownKey.signal()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.runUntilCancelled() }
    }

    private func runUntilCancelled() async {
        var session = RegistrationSession(
            keys: KeyRing(configured: configuration.signingKeys, tolerance: configuration.signatureTolerance),
            instanceID: configuration.instanceID, logger: logger, report: report)
        var schedule = RegistrationSchedule(
            interval: configuration.interval, backoff: configuration.backoff,
            rereadInterval: configuration.rereadInterval, start: .now)
        session.started(registers: configuration.target != nil)
        while !Task.isCancelled {
            let now = ContinuousClock.now
            if unknownKey.take(), configuration.target != nil { schedule.unknownKeySeen(at: now) }
            switch schedule.next(at: now, keyExpiry: session.keys.nextExpiry) {
            case .compare: await compare(&session, &schedule)
            case .readKeys: await readKeys(&session, &schedule)
            case .expireKeys: session.expireKeys(at: now)
            case .wait(let deadline): await unknownKey.wait(until: deadline)
            }
        }
    }

    private func compare(_ session: inout RegistrationSession, _ schedule: inout RegistrationSchedule) async {
        do throws(RegistrationFailure) {
            let instance = try await registration.instance(expected: session.instanceID)
            session.instanceRead(instance, endpoint: configuration.target?.endpoint)
            if let target = configuration.target {
                try await register(target, at: instance, &session, &schedule)
            } else {
                session.instanceOnlySucceeded()
            }
            schedule.comparisonSucceeded(at: .now)
        } catch {
            schedule.comparisonFailed(at: .now)
            guard !error.isCancellation else { return }
            session.failed(error, attempts: schedule.failures)
        }
    }

    private func register(
        _ wanted: TargetSpecification, at instance: ZitadelInstance, _ session: inout RegistrationSession,
        _ schedule: inout RegistrationSchedule
    ) async throws(RegistrationFailure) {
        let flavour = try await registration.flavour()
        schedule.keyReadingStarted(at: .now)
        let targets = try await registration.targets()
        // Before anything is changed: a token that may only read is enough to accept what Zitadel sends already.
        session.targetsRead(targets, at: .now)
        let snapshot = try await registration.snapshot(of: instance, targets: targets)
        if let ours = snapshot.ourTarget { session.reusing(ours) }
        let plan = RegistrationPlan(wanted, eventTypes: configuration.eventTypes, at: snapshot)
        let applied = try await registration.apply(plan.changes, ours: snapshot.ourTarget)
        if let key = applied.signingKey, !targets.contains(where: { $0.signingKey == key }) {
            session.learn([key], at: .now)
        }
        let refused = applied.refusedTypes.isEmpty ? [] : [RegistrationWarning.unknownTypes(applied.refusedTypes)]
        session.registered(
            RegistrationOutcome(
                targetID: applied.targetID ?? "", flavour: flavour,
                changes: plan.changes.count - applied.refusedTypes.count,
                conditions: plan.conditions.count - applied.refusedTypes.count,
                warnings: (plan.warnings + refused).map(\.advice)),
            warnings: VersionAdvice.warnings(snapshot.version, endpoint: wanted.endpoint), now: clock.microseconds())
    }

    private func readKeys(_ session: inout RegistrationSession, _ schedule: inout RegistrationSchedule) async {
        schedule.keyReadingStarted(at: .now)
        do throws(RegistrationFailure) {
            let targets = try await registration.targets()
            session.targetsRead(targets, at: .now)
            if targets.isEmpty { schedule.targetMissing(at: .now) }
        } catch {
            guard !error.isCancellation else { return }
            // Without a further webhook nobody would ask for the new key again before the next comparison.
            schedule.unknownKeySeen(at: .now)
            session.keysNotRead(error)
        }
    }
}
