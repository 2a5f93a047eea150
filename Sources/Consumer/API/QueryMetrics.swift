import ServiceRuntime

/// How a request ended.
enum QueryOutcome: String, MetricLabel {
    case answered
    case badRequest = "bad_request"
    case unauthorized
    case notFound = "not_found"
    case overloaded, stale, unreadable

    init(_ problem: QueryProblem) {
        switch problem {
        case .badRequest, .methodNotAllowed: self = .badRequest
        case .unauthorized: self = .unauthorized
        case .noSuchResource, .notFound: self = .notFound
        case .overloaded: self = .overloaded
        case .stale: self = .stale
        case .unreadable: self = .unreadable
        }
    }
}

/// The metrics of the query API.
struct QueryMetrics {
    let requests: CounterFamily<QueryOutcome>
    let duration: Histogram

    init(_ registry: MetricsRegistry) {
        requests = registry.counters(
            "consumer_queries_total", help: "Requests of the query API by how they ended.", label: "outcome")
        duration = registry.histogram(
            "consumer_query_duration_seconds", help: "Time from a request of the query API to its answer.")
    }
}
