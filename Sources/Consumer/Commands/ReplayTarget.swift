import EventContract

/// Where a group is to go on reading, as `replay --to` says it.
enum ReplayTarget: Equatable, Sendable {
    case earliest
    case latest
    /// The first record that is not older; milliseconds since 1970.
    case time(Int64)
    /// By partition; the others stay where they are.
    case offsets([Int32: Int64])
    /// This many records further, or back when negative.
    case shift(Int64)

    /// - Parameter words: those behind `--to`.
    init(_ words: [String]) throws(ReplayTargetFault) {
        switch (words.first, Array(words.dropFirst())) {
        case ("earliest", []): self = .earliest
        case ("latest", []): self = .latest
        case ("datetime", let rest) where rest.count == 1:
            guard let time = Array(rest[0].utf8).withUnsafeBytes({ EventTime($0) }) else {
                throw ReplayTargetFault("\(rest[0]) is not a time of RFC 3339 with a zone")
            }
            self = .time(time.microsecondsSinceEpoch / 1000)
        case ("offset", let rest) where !rest.isEmpty: self = .offsets(try Self.offsets(rest))
        case ("shift", let rest) where rest.count == 1:
            guard let records = Int64(rest[0]) else { throw ReplayTargetFault("\(rest[0]) is not a whole number") }
            self = .shift(records)
        default:
            throw ReplayTargetFault(
                "\(words.joined(separator: " ")) is none of: earliest, latest, datetime TIME, "
                    + "offset PARTITION:OFFSET …, shift RECORDS")
        }
    }

    private static func offsets(_ words: [String]) throws(ReplayTargetFault) -> [Int32: Int64] {
        var offsets: [Int32: Int64] = [:]
        for word in words {
            guard let place = PartitionOffset(word) else {
                throw ReplayTargetFault("\(word) is not PARTITION:OFFSET")
            }
            guard offsets.updateValue(place.offset, forKey: place.partition) == nil else {
                throw ReplayTargetFault("partition \(place.partition) is named twice")
            }
        }
        return offsets
    }
}

/// What is wrong with the words behind `--to`.
struct ReplayTargetFault: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ reason: String) { description = "--to: \(reason)" }
}

/// A place in a topic, written `PARTITION:OFFSET`.
struct PartitionOffset: Hashable, Comparable, Sendable, CustomStringConvertible {
    let partition: Int32
    let offset: Int64

    var description: String { "\(partition):\(offset)" }

    init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0,
            offset >= 0
        else { return nil }
        self.init(partition: partition, offset: offset)
    }

    static func < (one: PartitionOffset, other: PartitionOffset) -> Bool {
        (one.partition, one.offset) < (other.partition, other.offset)
    }
}
