import TestSupport

/// Records of many tenants as Kafka may hold them: some twice, and overtaking each other.
struct TortureHistory {
    let records: [TopicWriter.Record]
    /// How many of them are there for the second time.
    let doubles: Int

    /// How far records overtake each other, in records.
    private static let window = 2000
    /// Records between the starts of two tenants; a tenant has more, so that some are in progress at any time.
    private static let tenantDistance = 60
    private static let recordDistance = 10

    init(count: Int, using generator: inout SeededGenerator) {
        var deliveries: [(place: Int, isDouble: Bool, record: TopicWriter.Record)] = []
        var tenant = 0
        while deliveries.count < count {
            let start = tenant * Self.tenantDistance
            for (index, record) in TortureTenant(number: tenant, using: &generator).records.enumerated() {
                let place = start + index * Self.recordDistance + Int.random(in: 0..<Self.window, using: &generator)
                deliveries.append((place, false, record))
                guard Int.random(in: 0..<10, using: &generator) == 0 else { continue }
                deliveries.append((place + Int.random(in: 0..<Self.window, using: &generator), true, record))
            }
            tenant += 1
        }
        // A sort that is not stable would not be repeated by the seed.
        let order = deliveries.indices.sorted { (deliveries[$0].place, $0) < (deliveries[$1].place, $1) }.prefix(count)
        records = order.map { deliveries[$0].record }
        doubles = order.count { deliveries[$0].isDouble }
    }
}
