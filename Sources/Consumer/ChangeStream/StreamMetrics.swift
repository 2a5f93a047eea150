import KafkaClient
import ServiceRuntime

/// What a record of the state topic says of its user.
enum StreamRecordKind: String, MetricLabel {
    case line, tombstone
}

/// The metrics of the change stream; exposed only where it is on.
struct StreamMetrics: Sendable {
    let status = StreamStatus()
    private let published: CounterFamily<StreamRecordKind>
    let failures: Counter

    init(_ registry: MetricsRegistry) {
        published = registry.counters(
            "consumer_state_records_published_total", help: "Records that the state topic has acknowledged.",
            label: "kind")
        failures = registry.counter(
            "consumer_state_publish_failures_total", help: "Records that the state topic did not take; tried again.")
        registry.gauge(
            "consumer_state_outbox_users", help: "Users whose lines are to be published, at most 100,000."
        ) { [status] in status.depth.map { Double($0.users) } }
        registry.gauge(
            "consumer_state_outbox_causes",
            help: "Changes of organizations, projects and project grants whose users are still to be published."
        ) { [status] in status.depth.map { Double($0.causes) } }
    }

    /// Acknowledged records since the start of the process.
    var publishedCount: UInt64 { StreamRecordKind.allCases.reduce(0) { $0 + published[$1].value } }

    func count(_ records: [StreamRecord], _ outcomes: [PublishError?]) {
        for (record, failure) in zip(records, outcomes) {
            if failure == nil {
                published[record.line == nil ? .tombstone : .line].increment()
            } else {
                failures.increment()
            }
        }
        if !outcomes.contains(where: { $0 != nil }) { status.topicRecovered() }
    }
}
