import EventContract
import KafkaClient
import ServiceRuntime

/// A record that cannot be read, as it goes to the dead letter topic: whole, with its reason and origin in headers.
struct DeadLetter: Sendable {
    /// Longest reason, in characters.
    private static let reasonSizeMax = 500

    /// Nil is null, which is not the same as empty.
    let key: [UInt8]?
    private(set) var value: [UInt8]?
    private(set) var headers: [(String, [UInt8])]

    /// The same for a topic that refuses it for its size. The record itself stays where it came from.
    var withoutValue: DeadLetter {
        var letter = self
        letter.value = nil
        letter.headers.append((DeadLetterHeader.droppedSize.rawValue, Array("\(value?.count ?? 0)".utf8)))
        return letter
    }

    /// Of key and value together.
    var bytes: Int { (key?.count ?? 0) + (value?.count ?? 0) }

    init(key: [UInt8]?, value: [UInt8]?, headers: [(String, [UInt8])]) {
        self.key = key
        self.value = value
        self.headers = headers
    }

    init(_ record: ConsumedRecord, reason: RecordReadError, groupID: String, now: Int64) {
        var headers: [(String, [UInt8])] = []
        record.forEachHeader { name, value in headers.append((name, Array(value))) }
        func add(_ name: DeadLetterHeader, _ value: some CustomStringConvertible) {
            headers.append((name.rawValue, Array("\(value)".utf8)))
        }
        add(.reason, String("\(reason)".prefix(Self.reasonSizeMax)))
        add(.topic, record.topic)
        add(.partition, record.partition)
        add(.offset, record.offset)
        add(.group, groupID)
        add(.setAsideAt, WallClock.rfc3339(now))
        self.init(key: record.key.map(Array.init), value: record.value.map(Array.init), headers: headers)
    }
}

/// Headers that a set-aside record has beyond its own.
enum DeadLetterHeader: String {
    /// Of every name; a redriven record has none of them.
    static let prefix = "dlq-"

    case reason = "dlq-reason"
    case topic = "dlq-origin-topic"
    case partition = "dlq-origin-partition"
    case offset = "dlq-origin-offset"
    case group = "dlq-consumer-group"
    case setAsideAt = "dlq-set-aside-at"
    /// Bytes of the value, when it was too large to be set aside with it.
    case droppedSize = "dlq-value-dropped-bytes"
    /// The record is no letter but the mark of an attempt to redrive this one, `PARTITION:OFFSET` in the same topic.
    case letter = "dlq-redrive-of"
    /// Of a mark: it was published to the topic of the events.
    case redrivenAt = "dlq-redriven-at"
    /// Of a mark: it could not be read, with `dlq-reason`.
    case attemptedAt = "dlq-attempted-at"
    case attempts = "dlq-attempts"
}
