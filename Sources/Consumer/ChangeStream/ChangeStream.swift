import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime

/// The parts of the change stream in a running consumer.
struct ChangeStream {
    let topic: WantedTopic
    let service: any Service
    let status: StreamStatus

    /// - Returns: nil when there is none to be.
    init?(
        _ configuration: ConsumerConfiguration, producer: KafkaProducer, metrics registry: MetricsRegistry,
        logger: Logger
    ) throws(KafkaConfigurationError) {
        guard let name = configuration.stateTopic else { return nil }
        try KafkaTopic.validate(name)
        let metrics = StreamMetrics(registry)
        let publisher = StreamPublisher(
            configuration, topic: StreamTopic(producer: producer, name: name), metrics: metrics, logger: logger)
        topic = StreamTopic.wanted(name)
        status = metrics.status
        service = StreamService(publisher: publisher, status: metrics.status, logger: logger)
    }
}

extension StreamPublisher {
    /// The publisher of a process, which has one at most.
    init(_ configuration: ConsumerConfiguration, topic: StreamTopic, metrics: StreamMetrics, logger: Logger) {
        let state = configuration.state
        self.init(
            holder: String(UInt64.random(in: 1...UInt64.max), radix: 16), groupsKey: configuration.groupsMetadataKey,
            metrics: metrics, logger: logger,
            open: { () throws(StateError) in try state.outboxDatabase() },
            publish: { try await topic.publish($0) })
    }
}
