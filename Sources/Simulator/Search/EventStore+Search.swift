extension EventStore {
    /// The events of one answer of the events search, in its order: their indices.
    ///
    /// Begins at the asked time by binary search, so that a page costs what it returns and what it skips, not the
    /// history before it.
    func search(_ query: EventQuery) -> [Int] {
        if let id = query.aggregateID {
            let found = indices(ofAggregate: id).filter { query.matches(events[$0]) }
            let sorted = found.sorted { left, right in
                query.isAscending
                    ? events[left].sequence < events[right].sequence : events[left].sequence > events[right].sequence
            }
            return Array(sorted.prefix(query.limit))
        }
        let first = query.after.map { after in firstPosition { events[$0].createdAt > after } } ?? 0
        let end = query.before.map { before in firstPosition { events[$0].createdAt >= before } } ?? order.count
        guard first < end else { return [] }
        var found: [Int] = []
        found.reserveCapacity(query.limit)
        var position = query.isAscending ? first : end - 1
        while position >= first, position < end, found.count < query.limit {
            if query.matches(events[order[position]]) { found.append(order[position]) }
            position += query.isAscending ? 1 : -1
        }
        return found
    }

    /// The items of one answer.
    func page(_ query: EventQuery) -> [String] { search(query).map { searchItems[$0] } }
}
