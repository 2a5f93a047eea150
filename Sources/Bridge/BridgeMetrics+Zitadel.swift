import EventContract
import ServiceRuntime
import ZitadelClient

extension ZitadelOperation: MetricLabel {}
extension ZitadelRequestOutcome: MetricLabel {}
extension CatchUpReason: MetricLabel {}

/// Metrics of what the bridge asks of Zitadel: calls, polls, registration.
struct ZitadelMetrics: ZitadelAPIObserver, PollObserver {
    /// How a poll ended.
    enum PollResult: String, MetricLabel {
        case complete, zitadel, unauthorized, kafka, cancelled
    }

    private let requests: [CounterFamily<ZitadelRequestOutcome>]
    private let durations: [Histogram]
    private let polls: [EventPath: CounterFamily<PollResult>]
    private let pollDuration: Histogram
    private let catchUps: CounterFamily<CatchUpReason>
    private let phases: [Gauge]

    init(_ registry: MetricsRegistry) {
        requests = ZitadelOperation.allCases.map { operation in
            CounterFamily { outcome in
                registry.counter(
                    "bridge_zitadel_requests_total", help: "Requests to Zitadel's API, repeated ones too.",
                    labels: [
                        MetricPair("operation", operation.rawValue), MetricPair("outcome", outcome.metricValue),
                    ])
            }
        }
        durations = ZitadelOperation.allCases.map {
            registry.histogram(
                "bridge_zitadel_request_duration_seconds", help: "Time of a request to Zitadel's API.",
                labels: [MetricPair("operation", $0.rawValue)])
        }
        let paths = EventPath.allCases.filter { $0 != .webhook }
        polls = Dictionary(
            uniqueKeysWithValues: paths.map { path in
                let family = CounterFamily<PollResult> { result in
                    registry.counter(
                        "bridge_polls_total", help: "Polls by kind and how they ended.",
                        labels: [MetricPair("path", path.rawValue), MetricPair("result", result.metricValue)])
                }
                return (path, family)
            })
        pollDuration = registry.histogram(
            "bridge_poll_duration_seconds", help: "Time of a whole poll.", bounds: Histogram.ageBounds)
        catchUps = registry.counters(
            "bridge_catch_ups_total", help: "Polls that were asked for before their time, by reason.", label: "reason")
        phases = RegistrationState.Phase.allCases.map {
            registry.gauge(
                "bridge_registration_state", help: "1 for the state that registration is in.",
                labels: [MetricPair("state", $0.rawValue)])
        }
    }

    func requestEnded(_ operation: ZitadelOperation, _ outcome: ZitadelRequestOutcome, after duration: Duration) {
        requests[operation.metricIndex][outcome].increment()
        durations[operation.metricIndex].observe(duration.wholeMicroseconds)
    }

    func pollFinished(_ report: PollReport) {
        let result = report.failure.map { PollResult(rawValue: "\($0.reason)") ?? .zitadel } ?? .complete
        polls[report.path]?[result].increment()
        pollDuration.observe(report.durationMicroseconds)
    }

    func catchUpRequested(_ reason: CatchUpReason) {
        catchUps[reason].increment()
    }

    func registrationChanged(_ phase: RegistrationState.Phase) {
        for (index, gauge) in phases.enumerated() { gauge.set(index == phase.metricIndex ? 1 : 0) }
    }
}

extension MetricsRegistry {
    /// Gauges that read the poller when somebody asks.
    func registerPolling(_ polling: PollService, clock: WallClock) {
        gauge("bridge_poller_elected", help: "1 on the bridge that polls.") { polling.status.isElected ? 1 : 0 }
        gauge(
            "bridge_poll_age_seconds",
            help: "Since the start of the latest complete poll, or the election before there is one; absent elsewhere."
        ) {
            polling.status.term.map { Double(clock.microseconds() - $0.completeSince) / 1e6 }
        }
        gauge("bridge_poll_cursor_age_seconds", help: "How far the cursor is behind now; absent elsewhere.") {
            let status = polling.status
            guard status.isElected, let cursor = status.oldestCursor else { return nil }
            return Double(clock.microseconds() - cursor.microsecondsSinceEpoch) / 1e6
        }
        gauge(
            "bridge_held_events",
            help: "Events of the latest complete poll that could not be published and stay; absent elsewhere."
        ) {
            polling.status.term?.heldCount.map { Double($0) }
        }
        counter("bridge_given_up_events_total", help: "Events whose subject nobody knows, older than the sweep window.")
        {
            Double(polling.status.givenUp)
        }
        counter("bridge_poll_gaps_total", help: "Moments with more events than can be asked for.") {
            Double(polling.status.gaps)
        }
        gauge(
            "bridge_zitadel_clock_offset_seconds",
            help: "Zitadel's clock less ours, as of its latest answer to a poll; absent elsewhere."
        ) {
            polling.status.term?.clockOffset.map { Double($0) / 1e6 }
        }
    }
}

extension Duration {
    var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
