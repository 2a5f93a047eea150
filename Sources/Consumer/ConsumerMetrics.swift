import KafkaClient
import ServiceRuntime

/// How a record that was consumed ended. Every record ends in exactly one.
enum RecordOutcome: String, MetricLabel {
    case applied
    case alreadyApplied = "already_applied"
    /// Not readable, and acknowledged by the dead letter topic.
    case setAside = "set_aside"
}

/// The consumer's metrics.
struct ConsumerMetrics: KafkaObserver {
    /// Grows only when the record's fate is durable; equals the sum over `outcomes`.
    let consumed: Counter
    let outcomes: CounterFamily<RecordOutcome>
    let conflicts: Counter
    let batches: Counter
    let applyDuration: Histogram
    let batchRecords: Histogram
    let batchLimit: Gauge
    let ages: EventAges
    let applyFailures: Counter
    let commitFailures: Counter
    private let kafkaErrors: Counter
    private let unreadRecords: Counter
    private let registry: MetricsRegistry

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        consumed = registry.counter("consumer_records_consumed_total", help: "Records whose fate is durable.")
        outcomes = registry.counters(
            "consumer_records_total", help: "Consumed records by how they ended.", label: "outcome")
        conflicts = registry.counter(
            "consumer_event_conflicts_total", help: "Events with the id of a known one and other content.")
        batches = registry.counter("consumer_batches_total", help: "Batches applied.")
        applyDuration = registry.histogram(
            "consumer_apply_duration_seconds", help: "Time to decode and apply one batch in its transaction.")
        batchRecords = registry.histogram(
            "consumer_batch_records", help: "Records of one batch.",
            bounds: [1, 10, 100, 500, 1000, 2000, 5000, 10_000, 20_000], scale: 1)
        batchLimit = registry.gauge(
            "consumer_batch_limit_records", help: "Records that the next batch may have, by how fast the state is.")
        ages = EventAges(registry)
        applyFailures = registry.counter(
            "consumer_apply_failures_total", help: "Transactions that failed and were tried again.")
        commitFailures = registry.counter(
            "consumer_commit_failures_total", help: "Offset commits that failed; each is tried again.")
        kafkaErrors = registry.counter("consumer_kafka_errors_total", help: "Errors that librdkafka told of.")
        unreadRecords = registry.counter(
            "consumer_record_errors_total", help: "Errors of a partition that librdkafka gave instead of a record.")
    }

    /// Exposes how old the state is, once that is known.
    func exposeStaleness(_ freshness: Freshness) {
        registry.gauge(
            "consumer_staleness_seconds",
            help: "Time since the last moment of which everything is known to be applied."
        ) { freshness.age().map { $0 / .seconds(1) } }
    }

    /// Exposes the lag of a partition, once for each partition that was ever assigned.
    func exposeLag(ofPartition partition: Int32, from status: ProcessorStatus) {
        registry.gauge(
            "consumer_lag_records", help: "Records of an assigned partition that are not applied yet.",
            labels: [MetricPair("partition", "\(partition)")]
        ) { status.lag(ofPartition: partition).map(Double.init) }
    }

    func brokerError(_ error: KafkaBrokerError) {
        kafkaErrors.increment()
    }

    func recordErrors(count: Int) {
        unreadRecords.increment(by: UInt64(count))
    }
}
