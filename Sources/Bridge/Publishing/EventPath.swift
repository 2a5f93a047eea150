import ServiceRuntime

/// By which way an event came; the value of the `bridge-path` header.
enum EventPath: String, MetricLabel {
    case webhook
    case poll
    case sweep
    case backfill

    var name: StaticString {
        switch self {
        case .webhook: "webhook"
        case .poll: "poll"
        case .sweep: "sweep"
        case .backfill: "backfill"
        }
    }

    // The general one searches, which is much for what happens with each event.
    var metricIndex: Int {
        switch self {
        case .webhook: 0
        case .poll: 1
        case .sweep: 2
        case .backfill: 3
        }
    }
}
