import EventContract
import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime
import ZitadelClient

/// The parts of a bridge that its owner runs or asks.
struct Bridge {
    /// In dependency order: shutdown runs it backwards, so the webhook listener drains first.
    let services: [any Service]
    let publisher: PagePublisher
    let webhook: WebhookServer
    let ops: OpsServer
}

/// Puts the bridge together. Every concrete type meets here and nowhere else.
///
/// - Throws: `KafkaConfigurationError` for a property that librdkafka refuses.
func buildBridge(
    _ configuration: BridgeConfiguration, limits: WebhookLimits? = nil, logger: Logger, clock: WallClock = .system
) throws -> Bridge {
    let registry = MetricsRegistry()
    registry.registerProcessMetrics()
    let failure = KafkaFailure()
    let metrics = BridgeMetrics(registry, failure: failure)
    try KafkaTopic.validate(configuration.topic)
    let producer = try KafkaProducer(configuration.kafka, logger: logger, observer: metrics)
    let health = KafkaHealth(producer.handle, topic: configuration.topic, logger: logger)
    let setup = TopicSetup(
        [.events(configuration.topic)], admin: KafkaAdmin(producer.handle, logger: logger), producer: producer,
        logger: logger)
    let publishing = PublishLoop(
        EventPipeline.Configuration(
            producer: producer, topic: configuration.topic,
            normalizer: EventNormalizer(metadataKeys: MetadataKeyFilter(configuration.metadataKeys)),
            instanceID: configuration.instanceID.map { UTF8Text($0) }),
        metrics: metrics, clock: clock, logger: logger)
    let webhook = WebhookServer(
        address: configuration.listen, limits: limits ?? WebhookLimits(bodySizeMax: configuration.bodySizeMax),
        keys: configuration.signingKeys, tolerance: configuration.signatureTolerance, publishing: publishing,
        signals: .none, metrics: metrics, clock: clock, logger: logger)
    let ops = OpsServer(
        address: configuration.opsListen, setting: SettingDefinition.bridgeOpsListen.name, metrics: registry,
        checks: [health.readiness, webhook.readiness], logger: logger)
    metrics.registerQueue(of: producer)
    return Bridge(
        services: [failure, health, setup, ops, publishing, webhook],
        publisher: PagePublisher(publishing: publishing, metrics: metrics), webhook: webhook, ops: ops)
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
