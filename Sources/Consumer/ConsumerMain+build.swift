import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime

/// The parts of a consumer that its owner runs or asks.
struct ConsumerParts {
    /// In dependency order: shutdown runs it backwards, so the loop ends first and its dead letters are flushed.
    let services: [any Service]
    let ops: OpsServer
    let query: QueryServer
}

/// Puts the consumer together. Every concrete type meets here and nowhere else.
///
/// - Throws: `StateError` when the state cannot be opened, `KafkaConfigurationError` for a refused property,
///   `TLSFileError` for a certificate that has changed since the settings were read.
func buildConsumer(
    _ configuration: ConsumerConfiguration, logger: Logger, clock: WallClock = .system
) async throws -> ConsumerParts {
    let registry = MetricsRegistry()
    registry.registerProcessMetrics()
    let metrics = ConsumerMetrics(registry)
    let status = ProcessorStatus()
    let producer = try KafkaProducer(configuration.kafka, logger: logger, observer: metrics)
    let processor = try RecordProcessor(
        configuration, deadLetters: producer, metrics: metrics, status: status, clock: clock, logger: logger)
    let health = KafkaHealth(processor.kafka, topic: configuration.topic, logger: logger)
    let deadLetterTopic = WantedTopic(
        name: configuration.deadLetterTopic, partitions: 1,
        configuration: [("cleanup.policy", "delete"), ("retention.ms", "-1")])
    let stream = try ChangeStream(configuration, producer: producer, metrics: registry, logger: logger)
    let ops = OpsServer(
        address: configuration.opsListen, setting: SettingDefinition.consumerOpsListen.name, metrics: registry,
        checks: [health.readiness] + status.checks, logger: logger,
        status: {
            [
                view = ConsumerStatus(
                    configuration: configuration, metrics: metrics, processor: status, stream: stream?.status)
            ] in
            view.json
        })
    let ends = KafkaLogEnds(
        processor.kafka, topic: configuration.topic, partitions: { status.partitions }, onAnswer: status.answered)
    let freshness = Freshness(status, stalenessMax: configuration.query.stalenessMax, clock: clock)
    metrics.exposeStaleness(freshness)
    let query = try QueryServer(configuration, freshness: freshness, metrics: registry, logger: logger)
    let topics = [deadLetterTopic] + (stream.map { [$0.topic] } ?? [])
    let setup = TopicSetup(
        topics, admin: KafkaAdmin(producer.handle, logger: logger), producer: producer, logger: logger)
    var services: [any Service] = configuration.watchPassword(logger).map { [$0] } ?? []
    services += [KafkaProducerService(producer), setup, health, ends, ops, query]
    if let stream { services.append(stream.service) }
    services.append(ProcessorService(processor: processor))
    return ConsumerParts(services: services, ops: ops, query: query)
}

extension KafkaHealth {
    /// Ready while the brokers answer for the topic.
    fileprivate var readiness: ReadinessCheck {
        ReadinessCheck(name: "kafka") { [self] in
            switch state {
            case .reachable: .ready
            case .unknown: .notReady(reason: "not asked yet")
            case .unreachable(let reason): .notReady(reason: reason)
            case .topicMissing(let name): .notReady(reason: "topic \(name) is missing: the bridge creates it")
            }
        }
    }
}
