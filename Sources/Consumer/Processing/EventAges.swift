import EventContract
import ServiceRuntime

/// How old events are when the transaction that applies them is through.
struct EventAges: Sendable {
    /// In microseconds. What is older is history, not late: a backfill, the first poll, a state that is built anew.
    static let historyAge: Int64 = 86_400_000_000

    /// By the path's place in `paths`.
    private let applied: [Histogram]
    private let revoked: [[Histogram]]

    /// No path: no such header, or one of another bridge.
    private static let paths: [DeliveryPath?] = [nil] + DeliveryPath.allCases

    init(_ registry: MetricsRegistry) {
        let pathLabels = Self.paths.map { MetricPair("path", "\($0?.name ?? "unknown")") }
        applied = pathLabels.map {
            registry.histogram(
                "consumer_created_to_applied_seconds",
                help: "Time from Zitadel's creation of an event to the transaction that applied it first.",
                bounds: Self.bounds, labels: [$0])
        }
        revoked = Revocation.allCases.map { kind in
            pathLabels.map { path in
                registry.histogram(
                    "consumer_time_to_revoke_seconds",
                    help: "The same of events that take access away.", bounds: Self.bounds,
                    labels: [MetricPair("kind", kind.metricValue), path])
            }
        }
    }

    /// An event was applied for the first time.
    ///
    /// - Parameter now: when its transaction was through, in microseconds since 1970.
    func observe(_ event: CanonicalEvent, now: Int64) {
        let age = now - event.time.microsecondsSinceEpoch
        guard age < Self.historyAge else { return }
        let path = Int(event.path?.rawValue ?? 0)
        // Clocks differ: nothing is applied before it was created.
        applied[path].observe(max(age, 0))
        if let kind = Revocation(event.type) { revoked[kind.metricIndex][path].observe(max(age, 0)) }
    }

    /// From 5 ms to an hour, in microseconds.
    private static let bounds: [Int64] = [
        5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
        30_000_000, 60_000_000, 300_000_000, 900_000_000, 3_600_000_000,
    ]
}
