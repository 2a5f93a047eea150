import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime
import ZitadelClient

/// The parts of a bridge that its owner runs or asks.
struct Bridge {
    /// In dependency order: shutdown runs it backwards, so whatever brings events ends before what publishes them.
    let services: [any Service]
    let publisher: PagePublisher
    /// Nil when no webhook can come.
    let webhook: WebhookServer?
    let ops: OpsServer
    /// Nil without a token.
    let polling: PollService?
}

/// Puts the bridge together. Every concrete type meets here and nowhere else.
///
/// - Throws: `KafkaConfigurationError` for a property that librdkafka refuses, `TLSFileError` for certificates that have
///   changed since the settings were read.
func buildBridge(
    _ configuration: BridgeConfiguration, limits: WebhookLimits? = nil, logger: Logger, clock: WallClock = .system
) throws -> Bridge {
    let parts = try BridgeParts(configuration, logger: logger, clock: clock)
    let zitadel = configuration.polls ? try ZitadelSide(configuration, parts) : nil
    var webhook: WebhookServer?
    var tls: ListenerTLS?
    if configuration.receivesWebhooks {
        tls = try configuration.tls.map {
            try ListenerTLS($0, listener: "webhook", metrics: parts.registry, logger: logger)
        }
        webhook = WebhookServer(
            address: configuration.listen, tls: tls, limits: limits ?? WebhookLimits(bodySizeMax: configuration.bodySizeMax),
            keys: configuration.signingKeys, tolerance: configuration.signatureTolerance,
            publishing: parts.publishing, signals: parts.webhookSignals(to: zitadel), metrics: parts.metrics,
            clock: clock,
            logger: logger)
    }
    zitadel?.connect(webhook)
    let checks = [parts.health.readiness] + (webhook.map { [$0.readiness] } ?? [])
    let status = parts.status
    let ops = OpsServer(
        address: configuration.opsListen, setting: SettingDefinition.bridgeOpsListen.name, metrics: parts.registry,
        checks: checks, logger: logger,
        status: { [polling = zitadel?.polling] in status.json(polling: polling?.status) })
    let watchers: [any Service] = (configuration.watchPassword(logger).map { [$0] } ?? []) + (tls.map { [$0] } ?? [])
    let services: [any Service] =
        [parts.failure, parts.health, parts.setup, ops, parts.publishing] + watchers + (webhook.map { [$0] } ?? [])
        + (zitadel?.services ?? [])
    return Bridge(
        services: services, publisher: parts.publisher, webhook: webhook, ops: ops, polling: zitadel?.polling)
}

extension WantedTopic {
    /// Per-user order needs a fixed count of partitions; 12 divide well among up to 12 consumers. Records are the
    /// history of identities, from which the state can be rebuilt, so none is thrown away.
    static func events(_ name: String) -> WantedTopic {
        WantedTopic(
            name: name, partitions: 12, configuration: [("cleanup.policy", "delete"), ("retention.ms", "-1")])
    }
}

extension KafkaHealth {
    /// Ready while the brokers answer for the topic.
    var readiness: ReadinessCheck {
        ReadinessCheck(name: "kafka") { [self] in
            switch state {
            case .reachable: .ready
            case .unknown: .notReady(reason: "not asked yet")
            case .unreachable(let reason): .notReady(reason: reason)
            case .topicMissing(let name):
                .notReady(reason: "topic \(name) is missing: create it, or allow its creation")
            }
        }
    }
}
