/// All events of the instance; each aggregate counts its own sequence.
struct EventStore: Sendable {
    /// The event store of a simulator stays in memory; this many events are some gigabytes.
    static let eventsMax = 2_000_000

    /// In the order of their commits.
    private(set) var events: [StoredEvent] = []
    /// Each event as an item of the events search, made once: a page is then only joined.
    private(set) var searchItems: [String] = []
    /// Indices of the events by creation date, then place in their transaction: the order of the events search.
    private(set) var order: [Int] = []
    /// Pushes that have begun and are not committed: nobody sees them.
    private(set) var held: [HeldTransaction] = []
    /// While true, a push is held until `commitHeld`.
    var isHolding = false

    private var sequences: [AggregateKey: Int] = [:]
    private var indicesByAggregateID: [String: [Int]] = [:]
    private var writer = SearchItemWriter()

    /// A transaction whose creation date is decided and whose commit is still to come.
    struct HeldTransaction: Sendable {
        var events: [NewEvent]
        var createdAt: Int64
        var editor: String
    }

    /// Writes events as one transaction: they share one creation date.
    ///
    /// - Parameter createdAt: microseconds since 1970.
    /// - Returns: the events; none while the store holds pushes.
    mutating func push(
        _ pushed: [NewEvent], createdAt: Int64, editor: String
    ) throws(SimulatorError) -> [StoredEvent] {
        guard events.count + pushed.count <= Self.eventsMax else {
            throw .unavailable("the event store is full: it holds \(events.count) events")
        }
        let transaction = HeldTransaction(events: pushed, createdAt: createdAt, editor: editor)
        if isHolding {
            held.append(transaction)
            return []
        }
        // A second writer of an aggregate waits in Zitadel until the first has committed.
        if held.contains(where: { shares($0, transaction) }) { _ = commitHeld() }
        return write(transaction)
    }

    /// Commits what is held: the events appear now, with the creation date of the moment their transaction began.
    mutating func commitHeld() -> [StoredEvent] {
        let transactions = held
        held = []
        return transactions.flatMap { write($0) }
    }

    /// Puts an event back that an earlier run stored.
    mutating func restore(_ event: StoredEvent) {
        let key = AggregateKey(type: event.aggregate.type, id: event.aggregate.id)
        sequences[key] = max(event.sequence, sequences[key] ?? 0)
        add(event)
    }

    /// The events of aggregates with this id, in the order of their commits.
    func indices(ofAggregate id: String) -> [Int] { indicesByAggregateID[id] ?? [] }

    private mutating func write(_ transaction: HeldTransaction) -> [StoredEvent] {
        let stored = transaction.events.enumerated().map { place, event in
            let key = AggregateKey(type: event.aggregate.type, id: event.aggregate.id)
            let sequence = (sequences[key] ?? 0) + 1
            sequences[key] = sequence
            return StoredEvent(
                aggregate: event.aggregate, sequence: sequence, type: event.type, createdAt: transaction.createdAt,
                editor: transaction.editor, payload: event.payload, placeInTransaction: place + 1)
        }
        for event in stored { add(event) }
        return stored
    }

    private mutating func add(_ event: StoredEvent) {
        let index = events.count
        events.append(event)
        searchItems.append(writer.item(event))
        indicesByAggregateID[event.aggregate.id, default: []].append(index)
        if let last = order.last, event.precedes(events[last]) {
            order.insert(index, at: firstPosition { !events[$0].precedes(event) && events[$0] != event })
        } else {
            order.append(index)
        }
    }

    /// The first position in `order` whose event fulfils the condition, which holds for all that follow it.
    func firstPosition(where condition: (_ index: Int) -> Bool) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if condition(order[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func shares(_ left: HeldTransaction, _ right: HeldTransaction) -> Bool {
        left.events.contains { event in right.events.contains { $0.aggregate == event.aggregate } }
    }

    private struct AggregateKey: Hashable {
        var type: String
        var id: String
    }
}

extension StoredEvent {
    /// Zitadel's order of events: position, which is the creation date, place in the transaction, type, id.
    func precedes(_ other: StoredEvent) -> Bool {
        if createdAt != other.createdAt { return createdAt < other.createdAt }
        if placeInTransaction != other.placeInTransaction { return placeInTransaction < other.placeInTransaction }
        if aggregate.type != other.aggregate.type { return aggregate.type < other.aggregate.type }
        return aggregate.id < other.aggregate.id
    }
}
