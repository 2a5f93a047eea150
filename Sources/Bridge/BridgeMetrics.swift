import KafkaClient
import NIOHTTP1
import ServiceRuntime
import ZitadelClient

/// How an event that was received ended. Every event ends in exactly one.
enum EventOutcome: String, MetricLabel {
    case published
    case duplicate
    case unknownType = "unknown_type"
    case metadataKey = "metadata_key"
    /// Not published by a bridge without profiles.
    case profile
    case malformed
    case wrongInstance = "wrong_instance"
    case incomplete
    case unresolved
    case kafkaFailed = "kafka_failed"
    /// The record is too large for the topic, or refused by the broker's policy.
    case kafkaRefused = "kafka_refused"
}

extension SignatureRejection: MetricLabel {}

/// The bridge's metrics. Counters of the hot path are looked up once, here.
struct BridgeMetrics: KafkaObserver {
    /// By the answer's raw value.
    let answers: [Counter]
    let rejections: CounterFamily<SignatureRejection>
    /// Records that the topic's tail held twice.
    let duplicatesInTopic: Counter
    /// By the path's index.
    private let outcomes: [CounterFamily<EventOutcome>]
    private let published: [Counter]
    private let sinceCreated: [Histogram]
    let acknowledgement: Histogram
    let connections: Gauge
    let connectionsRefused: Counter
    let requestsTimedOut: Counter
    let requestsWithoutKeys: Counter
    private let kafkaErrors: Counter
    private let reportsFailed: Counter
    private let registry: MetricsRegistry
    private let failure: KafkaFailure

    /// - Parameter failure: told of every error of the client.
    init(_ registry: MetricsRegistry, failure: KafkaFailure) {
        self.registry = registry
        self.failure = failure
        answers = WebhookAnswer.allCases.map { answer in
            registry.counter(
                "bridge_webhook_requests_total", help: "Webhook requests by answered status.",
                labels: [MetricPair("status", "\(answer.status.code)")])
        }
        rejections = registry.counters(
            "bridge_signatures_rejected_total", help: "Requests refused by the signature check, by reason.",
            label: "reason")
        duplicatesInTopic = registry.counter(
            "bridge_topic_duplicates_total", help: "Records read from the topic's tail whose id was there already.")
        outcomes = EventPath.allCases.map { path in
            CounterFamily { outcome in
                registry.counter(
                    "bridge_events_total", help: "Events by the way they came and how they ended.",
                    labels: [MetricPair("path", path.rawValue), MetricPair("outcome", outcome.metricValue)])
            }
        }
        published = outcomes.map { $0[.published] }
        sinceCreated = EventPath.allCases.map { path in
            registry.histogram(
                "bridge_created_to_published_seconds",
                help: "Time from Zitadel's storing of an event to Kafka's acknowledgement, by the way it came.",
                bounds: Histogram.ageBounds, labels: [MetricPair("path", path.rawValue)])
        }
        acknowledgement = registry.histogram(
            "bridge_publish_duration_seconds", help: "Time from a complete request to Kafka's acknowledgement.")
        connections = registry.gauge("bridge_webhook_connections", help: "Open connections of the webhook listener.")
        connectionsRefused = registry.counter(
            "bridge_webhook_connections_refused_total", help: "Connections closed at once because of the limit.")
        requestsTimedOut = registry.counter(
            "bridge_webhook_connections_timed_out_total", help: "Connections closed because a request took too long.")
        requestsWithoutKeys = registry.counter(
            "bridge_webhook_requests_without_keys_total",
            help: "Requests refused because no signing key is known yet.")
        kafkaErrors = registry.counter("bridge_kafka_errors_total", help: "Errors that librdkafka told of.")
        reportsFailed = registry.counter(
            "bridge_kafka_deliveries_failed_total", help: "Records that Kafka did not acknowledge in time.")
    }

    func count(_ outcome: EventOutcome, _ path: EventPath, by amount: Int = 1) {
        outcomes[path.metricIndex][outcome].increment(by: UInt64(amount))
    }

    func published(_ path: EventPath, microsecondsSinceCreated: Int64) {
        published[path.metricIndex].increment()
        sinceCreated[path.metricIndex].observe(max(0, microsecondsSinceCreated))
    }

    func counted(_ outcome: EventOutcome, _ path: EventPath) -> UInt64 { outcomes[path.metricIndex][outcome].value }

    /// Nil before the first.
    func meanMicrosecondsSinceCreated(_ path: EventPath) -> Int64? { sinceCreated[path.metricIndex].mean }

    func registerQueue(of producer: KafkaProducer) {
        registry.gauge("bridge_kafka_queued_records", help: "Records not yet acknowledged.") {
            Double(producer.queuedRecords)
        }
    }

    func deliveryReports(count: Int, failed: Int) {
        reportsFailed.increment(by: UInt64(failed))
    }

    func brokerError(_ error: KafkaBrokerError) {
        kafkaErrors.increment()
        failure.report(error)
    }
}
