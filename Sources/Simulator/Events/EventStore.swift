/// All events of the instance in the order of their pushes; each aggregate counts its own sequence.
struct EventStore: Sendable {
    /// The event store of a simulator stays in memory; this many events are some gigabytes.
    static let eventsMax = 2_000_000

    private(set) var events: [StoredEvent] = []
    private var sequences: [AggregateKey: Int] = [:]

    private struct AggregateKey: Hashable {
        var type: String
        var id: String
    }

    /// Writes events as one transaction: they share one creation date.
    ///
    /// - Parameter createdAt: microseconds since 1970.
    mutating func push(
        _ pushed: [NewEvent], createdAt: Int64, editor: String
    ) throws(SimulatorError) -> [StoredEvent] {
        guard events.count + pushed.count <= Self.eventsMax else {
            throw .unavailable("the event store is full: it holds \(events.count) events")
        }
        let stored = pushed.map { event in
            let key = AggregateKey(type: event.aggregate.type, id: event.aggregate.id)
            let sequence = (sequences[key] ?? 0) + 1
            sequences[key] = sequence
            return StoredEvent(
                aggregate: event.aggregate, sequence: sequence, type: event.type, createdAt: createdAt, editor: editor,
                payload: event.payload)
        }
        events += stored
        return stored
    }
}
