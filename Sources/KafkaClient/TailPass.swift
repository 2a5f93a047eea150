/// Where reading a partition goes on, and which of its first records are too old to be delivered.
struct TailPosition: Equatable {
    var next: Int64
    /// Before this offset, which was the end when the partition was first looked at, records are judged by their age.
    let deliversAllFrom: Int64
    /// Milliseconds since 1970.
    let since: Int64

    /// - Parameter timestamp: a record without one counts as young.
    func wants(offset: Int64, timestamp: Int64?) -> Bool {
        offset >= deliversAllFrom || timestamp.map { $0 >= since } ?? true
    }

    /// Offsets outside the log are those of records that retention removed, or of a topic that was made anew.
    mutating func moveInto(_ log: OffsetBounds) {
        if next < log.low || next > log.high { next = log.low }
    }

    /// Positions in partitions that were not read before, so that no more than `recordsMax` records lie behind them.
    ///
    /// - Parameter young: the first offsets that are not older than `since`, as far as the brokers told. They tell none
    ///   of partitions without such records; when they tell none at all, they may not know the question (the mock
    ///   cluster does not), and everything is looked at.
    static func first(
        _ logs: [Int32: OffsetBounds], young: [Int32: Int64], since: Int64, recordsMax: Int
    ) -> [Int32: TailPosition] {
        let starts = logs.reduce(into: [Int32: Int64]()) { starts, log in
            let start = young[log.key] ?? (young.isEmpty ? log.value.low : log.value.high)
            starts[log.key] = min(max(start, log.value.low), log.value.high)
        }
        let share = fairShare(of: Int64(recordsMax), among: starts.map { logs[$0.key]!.high - $0.value })
        return starts.reduce(into: [:]) { positions, start in
            let end = logs[start.key]!.high
            positions[start.key] = TailPosition(
                next: max(start.value, end - share), deliversAllFrom: end, since: since)
        }
    }

    /// The largest number that each may take at most, so that all together take no more than there is.
    static func fairShare(of total: Int64, among wishes: [Int64]) -> Int64 {
        var rest = total
        var sharers = Int64(wishes.count)
        for wish in wishes.sorted() {
            guard wish * sharers < rest else { return rest / sharers }
            rest -= wish
            sharers -= 1
        }
        return total
    }
}

/// The offsets of a partition's records: from `low` up to, and without, `high`.
struct OffsetBounds: Equatable {
    let low: Int64
    let high: Int64
}

/// One reading of partitions from their positions to the ends they had at its beginning. No client.
struct TailPass {
    private(set) var positions: [Int32: TailPosition]
    /// Ends of the partitions that still have records to come.
    private(set) var ends: [Int32: Int64]

    init(_ positions: [Int32: TailPosition], _ logs: [Int32: OffsetBounds]) {
        self.positions = positions
        ends = logs.mapValues(\.high).filter { $0.value > positions[$0.key]?.next ?? $0.value }
    }

    var isComplete: Bool { ends.isEmpty }

    /// - Returns: whether the record belongs to this pass.
    mutating func received(_ partition: Int32, offset: Int64) -> Bool {
        guard let end = ends[partition], offset >= positions[partition]!.next else { return false }
        positions[partition]!.next = min(offset + 1, end)
        if offset + 1 >= end { ends[partition] = nil }
        return offset < end
    }

    /// There is nothing at this offset or behind it. Before the end, there were gaps: a transaction's marker, or
    /// records that compaction removed.
    mutating func reachedEnd(_ partition: Int32, offset: Int64) {
        guard let end = ends.removeValue(forKey: partition) else { return }
        positions[partition]!.next = max(positions[partition]!.next, min(offset, end))
    }
}
