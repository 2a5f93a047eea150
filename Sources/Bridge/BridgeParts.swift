import EventContract
import KafkaClient
import Logging
import ServiceRuntime

/// What every bridge has, whether it polls, receives webhooks, or both.
struct BridgeParts: Sendable {
    let logger: Logger
    let clock: WallClock
    let registry = MetricsRegistry()
    let failure = KafkaFailure()
    let metrics: BridgeMetrics
    let status: BridgeStatus
    let producer: KafkaProducer
    let health: KafkaHealth
    let setup: TopicSetup
    let publishing: PublishLoop
    /// What the poller is told. Read by nobody in a bridge without a token.
    let signals: AsyncStream<PollSignal>
    let signaling: AsyncStream<PollSignal>.Continuation

    init(_ configuration: BridgeConfiguration, logger: Logger, clock: WallClock) throws {
        self.logger = logger
        self.clock = clock
        registry.registerProcessMetrics()
        metrics = BridgeMetrics(registry, failure: failure)
        status = BridgeStatus(
            registration: configuration.polls ? .trying(attempts: 0, problem: nil) : .withoutToken, metrics: metrics,
            clock: clock)
        try KafkaTopic.validate(configuration.topic)
        try KafkaTopic.validate(configuration.polling.cursorTopic)
        producer = try KafkaProducer(configuration.kafka, logger: logger, observer: metrics)
        let (signals, signaling) = AsyncStream.makeStream(of: PollSignal.self, bufferingPolicy: .bufferingNewest(1000))
        self.signals = signals
        self.signaling = signaling
        health = KafkaHealth(producer.handle, topic: configuration.topic, logger: logger) {
            signaling.yield(.kafkaReachable($0.isReachable))
        }
        var topics = [WantedTopic.events(configuration.topic)]
        if configuration.polls { topics.append(CursorTopic.wanted(configuration.polling.cursorTopic)) }
        setup = TopicSetup(
            topics, admin: KafkaAdmin(producer.handle, logger: logger), producer: producer, logger: logger)
        publishing = PublishLoop(
            EventPipeline.Configuration(
                producer: producer, topic: configuration.topic,
                normalizer: EventNormalizer(
                    metadataKeys: MetadataKeyFilter(configuration.metadataKeys), fields: configuration.fields),
                instanceID: configuration.instanceID.map { UTF8Text($0) }),
            metrics: metrics, clock: clock, logger: logger)
        metrics.registerQueue(of: producer)
    }

    var publisher: PagePublisher { PagePublisher(publishing: publishing, metrics: metrics) }

    /// What the webhook listener tells the side that polls.
    func webhookSignals(to zitadel: ZitadelSide?) -> WebhookSignals {
        guard let zitadel else { return .none }
        let (health, requests, registrar) = (health, zitadel.requests, zitadel.registrar)
        return WebhookSignals(
            refused: { refusal in
                if refusal == .kafka { health.askSoon() }
                requests.request(.webhookRefused)
            },
            unknownKey: { registrar.unknownKeySeen() })
    }
}
