import KafkaClient
import ServiceRuntime

/// What a replay changes, partition by partition. Decides, and asks nobody.
struct ReplayPlan: Equatable, Sendable {
    struct Row: Equatable, Sendable {
        let position: GroupPosition
        /// Nil: the partition stays as it is.
        let target: Int64?
        /// Why the target is another than was asked for.
        let note: String?

        var isChange: Bool { target != nil && target != position.committed }
        /// Records the group reads from the target to the end as it is now.
        var records: Int64? { target.map { position.high - $0 } }
    }

    let rows: [Row]

    var changes: [Int32: Int64] {
        rows.filter(\.isChange).reduce(into: [:]) { $0[$1.position.partition] = $1.target }
    }

    /// - Parameter young: for a time, the first offset that is not older; none where all records are older.
    /// - Throws: when a partition is named that the topic does not have.
    init(
        _ target: ReplayTarget, at positions: [GroupPosition], young: [Int32: Int64] = [:]
    ) throws(ReplayTargetFault) {
        if case .offsets(let offsets) = target {
            let missing = Set(offsets.keys).subtracting(positions.map(\.partition)).sorted()
            if let first = missing.first { throw ReplayTargetFault("the topic has no partition \(first)") }
        }
        rows = positions.map { position in
            guard let wish = Self.wish(target, position, young) else {
                return Row(position: position, target: nil, note: nil)
            }
            let reached = min(max(wish, position.low), position.high)
            let note = wish < position.low ? "oldest there is" : wish > position.high ? "end" : nil
            return Row(position: position, target: reached, note: note)
        }
    }

    private static func wish(
        _ target: ReplayTarget, _ position: GroupPosition, _ young: [Int32: Int64]
    ) -> Int64? {
        switch target {
        case .earliest: return position.low
        case .latest: return position.high
        case .time: return young[position.partition] ?? position.high
        case .offsets(let offsets): return offsets[position.partition]
        case .shift(let records):
            // A group that has committed nothing begins at the oldest record.
            let (wish, overflow) = (position.committed ?? position.low).addingReportingOverflow(records)
            return overflow ? (records < 0 ? .min : .max) : wish
        }
    }
}

extension ReplayPlan {
    var text: String {
        var table = TextTable(["PARTITION", "OLDEST", "END", "COMMITTED", "TARGET", "RECORDS", "NOTE"], right: 0..<6)
        for row in rows {
            let position = row.position
            table.add([
                "\(position.partition)", "\(position.low)", "\(position.high)",
                position.committed.map { "\($0)" } ?? "-", row.target.map { "\($0)" } ?? "-",
                row.records.map { "\($0)" } ?? "-", row.note ?? (row.isChange ? "" : "unchanged"),
            ])
        }
        return table.text
    }

    func json(group: String, topic: String, isDryRun: Bool) -> String {
        var json = JSONOutput()
        json.openObject()
        json.member("group", group)
        json.member("topic", topic)
        json.member("dryRun", isDryRun)
        json.name("partitions")
        json.openArray()
        for row in rows {
            json.openObject()
            json.member("partition", row.position.partition)
            json.member("oldest", row.position.low)
            json.member("end", row.position.high)
            if let committed = row.position.committed { json.member("committed", committed) }
            if let target = row.target { json.member("target", target) }
            json.member("changed", row.isChange)
            if let note = row.note { json.member("note", note) }
            json.closeObject()
        }
        json.closeArray()
        json.closeObject()
        return json.text + "\n"
    }
}
