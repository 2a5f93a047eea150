import Synchronization

/// The metrics of a process and their text for Prometheus.
///
/// Registering takes a lock and happens at the start; using a metric takes none. Registering the same name and
/// labels again gives the same metric back.
package final class MetricsRegistry: Sendable {
    private let families = Mutex<[String: Family]>([:])

    package init() {}

    /// - Parameter name: ends in `_total`.
    package func counter(_ name: String, help: String, labels: [MetricPair] = []) -> Counter {
        precondition(name.hasSuffix("_total"), "\(name): a counter ends in _total.")
        let sample = register(name, help, .counter, labels) { .counter(Counter()) }
        guard case .counter(let counter) = sample else { preconditionFailure("\(name) is read from a closure.") }
        return counter
    }

    /// One counter for each value of an enumeration.
    package func counters<Label: MetricLabel>(
        _ name: String, help: String, label: String, of type: Label.Type = Label.self
    ) -> CounterFamily<Label> {
        CounterFamily { counter(name, help: help, labels: [MetricPair(label, $0.metricValue)]) }
    }

    package func gauge(_ name: String, help: String, labels: [MetricPair] = []) -> Gauge {
        let sample = register(name, help, .gauge, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = sample else { preconditionFailure("\(name) is read from a closure.") }
        return gauge
    }

    /// - Parameters:
    ///   - bounds: in the unit of the observations, ascending.
    ///   - scale: observations are divided by it; 1,000,000 exposes microseconds as seconds.
    package func histogram(
        _ name: String, help: String, bounds: [Int64] = Histogram.latencyBounds, scale: Double = 1_000_000,
        labels: [MetricPair] = []
    ) -> Histogram {
        let sample = register(name, help, .histogram, labels) { .histogram(Histogram(bounds: bounds, scale: scale)) }
        guard case .histogram(let histogram) = sample else { preconditionFailure("\(name) is no histogram.") }
        return histogram
    }

    /// A gauge that is read when somebody asks; `nil` leaves it out of that answer.
    package func gauge(
        _ name: String, help: String, labels: [MetricPair] = [], read: @escaping @Sendable () -> Double?
    ) {
        _ = register(name, help, .gauge, labels) { .computed(read) }
    }

    /// A counter that somebody else keeps.
    package func counter(
        _ name: String, help: String, labels: [MetricPair] = [], read: @escaping @Sendable () -> Double?
    ) {
        precondition(name.hasSuffix("_total"), "\(name): a counter ends in _total.")
        _ = register(name, help, .counter, labels) { .computed(read) }
    }

    /// All metrics in the text format 0.0.4, sorted by name.
    package func render() -> String {
        let all = families.withLock { $0 }
        var text = MetricsText()
        for (name, family) in all.sorted(by: { $0.key < $1.key }) {
            text.append(name: name, family)
        }
        return text.text
    }

    private func register(
        _ name: String, _ help: String, _ kind: MetricKind, _ labels: [MetricPair], _ make: () -> Sample
    ) -> Sample {
        precondition(Self.isName(name) && labels.allSatisfy { Self.isName($0.name) }, "\(name): not a metric name.")
        return families.withLock { families in
            var family = families[name] ?? Family(help: help, kind: kind)
            precondition(family.kind == kind, "\(name) is registered as another kind.")
            if let known = family.series.first(where: { $0.labels == labels }) { return known.sample }
            let series = Series(labels: labels, sample: make())
            family.series.append(series)
            families[name] = family
            return series.sample
        }
    }

    private static func isName(_ name: String) -> Bool {
        name.first?.isNumber == false
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// A label and its value, fixed when the metric is registered.
package struct MetricPair: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram
}

struct Family: Sendable {
    var help: String
    var kind: MetricKind
    var series: [Series] = []
}

struct Series: Sendable {
    var labels: [MetricPair]
    var sample: Sample
}

enum Sample: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
    case computed(@Sendable () -> Double?)
}
