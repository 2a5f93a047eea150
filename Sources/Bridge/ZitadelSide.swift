import EventContract
import KafkaClient
import Logging
import NIOCore
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import ZitadelClient

/// What a bridge with a token has: registration, the election of the bridge that polls, and polling.
struct ZitadelSide {
    let polling: PollService
    let requests: CatchUpRequests
    let registrar: Registrar
    /// In dependency order.
    let services: [any Service]
    private let reports: RegistrationReports

    init(_ configuration: BridgeConfiguration, _ parts: BridgeParts) throws {
        let bridgeID = (0..<8).map { _ in UInt8.random(in: .min ... .max) }
        let zitadelMetrics = ZitadelMetrics(parts.registry)
        let api = ZitadelAPI(configuration.zitadel.api, observer: zitadelMetrics, logger: parts.logger)
        let topic = CursorTopic(name: configuration.polling.cursorTopic, producer: parts.producer)
        let election = PollElection(
            try KafkaElection(
                configuration.kafka, topic: topic.name,
                group: CursorTopic.group(cursorTopic: topic.name, eventsTopic: configuration.topic),
                logger: parts.logger, observer: parts.metrics),
            eventsTopic: configuration.topic, bridgeID: bridgeID, signals: parts.signaling, logger: parts.logger)
        requests = CatchUpRequests(
            election: election, topic: topic, bridgeID: bridgeID, signals: parts.signaling, logger: parts.logger)
        polling = PollService(
            poller: try parts.poller(configuration, search: api),
            store: KafkaCursorStore(topic: topic) { election.cursorKeyWhileElected },
            settings: PollService.Settings(
                interval: configuration.polling.interval, sweepInterval: configuration.polling.sweepInterval),
            signals: parts.signals, observer: zitadelMetrics, logger: parts.logger)
        parts.registry.registerPolling(polling, clock: parts.clock)
        let reports = RegistrationReports(parts, election, requests, zitadelMetrics)
        self.reports = reports
        registrar = Registrar(
            Registrar.Configuration(configuration), api: api, clock: parts.clock, logger: parts.logger
        ) { reports.handle($0) }
        services = [requests, election, polling, registrar]
    }

    /// Gives the webhook listener what registration learns. Before anything runs.
    func connect(_ webhook: WebhookServer?) {
        reports.connect(webhook)
    }
}

/// Passes on what registration finds out.
private final class RegistrationReports: Sendable {
    private let parts: BridgeParts
    private let election: PollElection
    private let requests: CatchUpRequests
    private let metrics: ZitadelMetrics
    private let webhook = Mutex<WebhookServer?>(nil)
    private let isFailing = Mutex(false)

    init(_ parts: BridgeParts, _ election: PollElection, _ requests: CatchUpRequests, _ metrics: ZitadelMetrics) {
        self.parts = parts
        self.election = election
        self.requests = requests
        self.metrics = metrics
    }

    func connect(_ webhook: WebhookServer?) {
        self.webhook.withLock { $0 = webhook }
    }

    func handle(_ report: RegistrationReport) {
        switch report {
        case .instanceKnown(let instance, let emptiesPayloads):
            parts.status.instanceKnown(instance)
            webhook.withLock { $0 }?.takeHintsOnly(emptiesPayloads)
            pin(instance.id)
        case .signingKeys(let keys, let isNew):
            webhook.withLock { $0 }?.accept(keys: keys.map(\.text))
            if isNew { requests.request(.keyLearned) }
        case .state(let state):
            parts.status.registrationChanged(state)
            metrics.registrationChanged(state.phase)
            if state.endsFailure(isFailing) { requests.request(.zitadelRecovered) }
        }
    }

    /// Nothing is polled before the pipeline has the instance, because the events search names none.
    private func pin(_ id: String) {
        let (publishing, election, logger) = (parts.publishing, election, parts.logger)
        publishing.execute {
            if publishing.onLoop.pin(instance: UTF8Text(id)) { return election.instanceKnown(id) }
            logger.critical(
                "The API is of another instance than the webhooks before: nothing is polled",
                metadata: [LogKey.instance: "\(id)", LogKey.fix: "restart with ZITADEL_INSTANCE_ID set"])
        }
    }
}

extension RegistrationState {
    /// - Parameter isFailing: whether the state before was a failure; told of this one.
    /// - Returns: whether Zitadel answers again, so that polls which failed need not wait for their next attempt.
    fileprivate func endsFailure(_ isFailing: borrowing Mutex<Bool>) -> Bool {
        var isFailure = phase == .failed
        if case .trying(_, let problem) = self { isFailure = problem != nil }
        return isFailing.withLock { before in
            defer { before = isFailure }
            return before && !isFailure
        }
    }
}

extension BridgeParts {
    func poller(
        _ configuration: BridgeConfiguration, search: any EventSearching
    ) throws(KafkaConfigurationError) -> Poller {
        let polling = configuration.polling
        let (kafka, topic, logger) = (configuration.kafka, configuration.topic, logger)
        let tail = try PublishedTail(
            publishing: publishing, pollWindow: (polling.overlap + polling.interval * 2).wholeMicroseconds / 1000,
            sweepWindow: polling.sweepWindow.wholeMicroseconds / 1000, clock: clock, logger: logger
        ) { () throws(KafkaConfigurationError) in
            try KafkaTopicTail(kafka, topic: topic, logger: logger)
        }
        return Poller(
            search: search, publisher: publisher,
            settings: Poller.Settings(
                overlap: polling.overlap.wholeMicroseconds, sweepWindow: polling.sweepWindow.wholeMicroseconds),
            clock: clock, logger: logger, prepare: { await tail.read(before: $0) })
    }
}

extension Registrar.Configuration {
    init(_ configuration: BridgeConfiguration) {
        let target = configuration.zitadel.endpoint.map {
            TargetSpecification(name: configuration.zitadel.targetName, endpoint: $0)
        }
        self.init(
            target: target, instanceID: configuration.instanceID, signingKeys: configuration.signingKeys,
            signatureTolerance: .seconds(configuration.signatureTolerance), interval: configuration.polling.interval)
    }
}
