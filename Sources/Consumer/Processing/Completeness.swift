/// Up to when everything in each assigned partition was applied, by what their leaders said and what was applied since.
struct Completeness {
    private struct Partition {
        var completeAt: ContinuousClock.Instant?
        /// An end that is not reached yet, and when it was asked for. It stays until it is reached: under load there is
        /// always a newer one that is not.
        var end: (offset: Int64, asked: ContinuousClock.Instant)?
    }

    private var partitions: [Int32: Partition] = [:]

    /// Of the partition that is furthest behind; nil while there is none, or nothing is known of one.
    var moment: ContinuousClock.Instant? {
        var oldest: ContinuousClock.Instant?
        for partition in partitions.values {
            guard let completeAt = partition.completeAt else { return nil }
            oldest = min(oldest ?? completeAt, completeAt)
        }
        return oldest
    }

    /// - Parameter asked: a moment before the leaders answered.
    mutating func end(at ends: [Int32: Int64], asked: ContinuousClock.Instant) {
        for (partition, offset) in ends {
            // A log that became shorter, as after an unclean election, does not get to where it had been.
            if let known = partitions[partition]?.end, known.offset <= offset { continue }
            partitions[partition]?.end = (offset, asked)
        }
    }

    /// - Parameter positions: of each partition that is assigned now, the offset of the next record to apply; nil while
    ///   that is unknown.
    mutating func applied(upTo positions: [Int32: Int64?]) {
        partitions = partitions.filter { positions.keys.contains($0.key) }
        for (partition, position) in positions {
            var known = partitions[partition] ?? Partition()
            if let end = known.end, let position, position >= end.offset {
                known.completeAt = end.asked
                known.end = nil
            }
            partitions[partition] = known
        }
    }
}
