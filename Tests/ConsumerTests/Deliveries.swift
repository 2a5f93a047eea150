import EventContract
import TestSupport

/// Events as Kafka may deliver them: in any order, some more than once, in batches of any size.
struct Deliveries {
    let batches: [[CanonicalEvent]]

    /// - Parameter events: each is delivered at least once; about a third of them up to three times.
    init(of events: [CanonicalEvent], using generator: inout SeededGenerator) {
        var deliveries = events
        for _ in 0..<events.count / 2 {
            if let event = events.randomElement(using: &generator) { deliveries.append(event) }
        }
        deliveries.shuffle(using: &generator)
        var batches: [[CanonicalEvent]] = []
        let sizeMax = Int.random(in: 1...max(1, deliveries.count), using: &generator)
        var rest = deliveries[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...sizeMax, using: &generator)
            batches.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        self.batches = batches
    }
}
