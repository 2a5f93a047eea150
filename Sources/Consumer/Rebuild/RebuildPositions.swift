import EventContract
package import KafkaClient

/// How far a rebuild has read each partition of its topic. Kept in the new state, so that it can go on there.
package struct RebuildPositions: Equatable, Sendable {
    package struct Partition: Equatable, Sendable {
        /// Offset of the next record.
        package var next: Int64
        /// Records that had been deleted from the topic before they could be read.
        package var missing: Int64
    }

    package let topic: String
    package private(set) var partitions: [Int32: Partition] = [:]

    package init(topic: String) { self.topic = topic }

    package var missing: Int64 { partitions.values.reduce(0) { $0 + $1.missing } }

    package mutating func set(_ next: [Int32: Int64]) {
        for (partition, offset) in next { partitions[partition]?.next = offset }
    }

    /// What to read of each partition, so that the new state holds what the group has committed.
    ///
    /// A partition that the group has not begun is read to its end: the group will read it from its beginning anyway.
    /// - Throws: `topicReplaced` when a partition ends before what was read of it.
    package mutating func ranges(to group: [GroupPosition]) throws(RebuildError) -> [Int32: Range<Int64>] {
        var ranges: [Int32: Range<Int64>] = [:]
        for position in group {
            var own = partitions[position.partition] ?? Partition(next: 0, missing: 0)
            guard own.next <= position.high else { throw .topicReplaced(topic: topic, partition: position.partition) }
            if own.next < position.low {
                own.missing += position.low - own.next
                own.next = position.low
            }
            partitions[position.partition] = own
            ranges[position.partition] = own.next..<max(own.next, position.wanted)
        }
        return ranges
    }

    /// Whether the new state holds exactly what the group has committed.
    package func isLevel(with group: [GroupPosition]) -> Bool {
        group.allSatisfy { partitions[$0.partition]?.next == max($0.low, $0.wanted) }
    }
}

extension GroupPosition {
    fileprivate var wanted: Int64 { min(committed ?? high, high) }
}

/// The table they are in; the same text for SQLite and PostgreSQL.
extension RebuildPositions {
    static let table = "rebuild_positions"

    static let create = """
        CREATE TABLE IF NOT EXISTS \(table) (
            topic TEXT NOT NULL,
            partition_number BIGINT NOT NULL,
            next_offset BIGINT NOT NULL,
            missing BIGINT NOT NULL,
            PRIMARY KEY (topic, partition_number)
        )
        """

    /// Stores all of them; nil while there is none.
    var upsert: String? {
        // The name has been checked when the reader was made: it needs no quoting.
        let rows = partitions.sorted { $0.key < $1.key }
            .map { "('\(topic)', \($0.key), \($0.value.next), \($0.value.missing))" }
        guard !rows.isEmpty else { return nil }
        return """
            INSERT INTO \(Self.table) (topic, partition_number, next_offset, missing) \
            VALUES \(rows.joined(separator: ", ")) \
            ON CONFLICT (topic, partition_number) \
            DO UPDATE SET next_offset = excluded.next_offset, missing = excluded.missing
            """
    }

    /// What the table holds, a value for each topic.
    static func read(_ database: any StateDatabase) throws(StateError) -> [RebuildPositions] {
        var all: [String: RebuildPositions] = [:]
        try database.snapshot { () throws(StateError) in
            let sql = "SELECT topic, partition_number, next_offset, missing FROM \(table)"
            let rows = try database.rows(sql, [], size: .small)
            while try rows.step() {
                let topic = rows.text(0).description
                all[topic, default: RebuildPositions(topic: topic)].partitions[Int32(rows.integer(1))] =
                    Partition(next: rows.integer(2), missing: rows.integer(3))
            }
        }
        return Array(all.values)
    }
}
