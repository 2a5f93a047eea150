import Synchronization

/// A number that only grows. Incrementing it is one relaxed atomic add.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}

    package var value: UInt64 { count.load(ordering: .relaxed) }

    package func increment(by amount: UInt64 = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }
}

/// A whole number that goes up and down.
package final class Gauge: Sendable {
    private let current = Atomic<Int64>(0)

    package init() {}

    package var value: Int64 { current.load(ordering: .relaxed) }

    package func set(_ value: Int64) { current.store(value, ordering: .relaxed) }

    package func add(_ amount: Int64) { current.wrappingAdd(amount, ordering: .relaxed) }
}

/// Counts whole-number observations in buckets, such as microseconds that are exposed as seconds.
package final class Histogram: Sendable {
    /// The largest observation of each bucket but the last, ascending.
    let bounds: [Int64]
    /// An observation divided by this is in the exposed unit.
    let scale: Double
    private let buckets: [Counter]
    private let total = Atomic<Int64>(0)

    init(bounds: [Int64], scale: Double) {
        precondition(!bounds.isEmpty && zip(bounds, bounds.dropFirst()).allSatisfy(<), "Bounds must ascend.")
        self.bounds = bounds
        self.scale = scale
        buckets = (0...bounds.count).map { _ in Counter() }
    }

    package func observe(_ value: Int64) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        buckets[index].increment()
        total.wrappingAdd(value, ordering: .relaxed)
    }

    /// The count of each bucket, not cumulated.
    var counts: [UInt64] { buckets.map(\.value) }
    var sum: Int64 { total.load(ordering: .relaxed) }

    /// Of all observations, in their unit; nil without any.
    package var mean: Int64? {
        let count = counts.reduce(0, +)
        return count == 0 ? nil : sum / Int64(count)
    }

    /// From 100 µs to 10 s, in microseconds.
    package static let latencyBounds: [Int64] = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000,
    ]

    /// From 10 ms to a day, in microseconds.
    package static let ageBounds: [Int64] = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000,
        60_000_000, 300_000_000, 900_000_000, 3_600_000_000, 86_400_000_000,
    ]
}

/// One counter for each value of a label, made once so that counting needs no look-up by name.
package struct CounterFamily<Label: MetricLabel>: Sendable {
    private let labels: [Label]
    private let counters: [Counter]

    package init(_ make: (Label) -> Counter) {
        labels = Array(Label.allCases)
        counters = labels.map(make)
    }

    package subscript(_ label: Label) -> Counter {
        // Not `metricIndex`, which makes a list of all cases each time.
        guard let index = labels.firstIndex(of: label) else {
            preconditionFailure("a label value outside allCases")
        }
        return counters[index]
    }
}

/// A label with a bounded set of values: an enumeration.
package protocol MetricLabel: CaseIterable, Equatable, Sendable {
    /// The value in the exposition.
    var metricValue: String { get }
    /// The place in `allCases`.
    var metricIndex: Int { get }
}

extension MetricLabel {
    package var metricIndex: Int {
        var index = 0
        for label in Self.allCases {
            if label == self { return index }
            index += 1
        }
        preconditionFailure("A label value outside allCases.")
    }
}

extension MetricLabel where Self: RawRepresentable, RawValue == String {
    package var metricValue: String { rawValue }
}
