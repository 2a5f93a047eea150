import EventContract
import KafkaClient

/// A record of the dead letter topic, copied out of it: a letter, or the mark of an attempt to redrive one.
struct StoredLetter: Sendable {
    let place: PartitionOffset
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [(name: String, value: [UInt8])]
    /// Attempts to read it: the consumer's own and each redrive.
    private(set) var attempts = 1
    /// RFC 3339; nil until a redrive published it.
    private(set) var redrivenAt: String?
    /// Why the last attempt failed.
    private(set) var reason: String?

    init(_ record: ConsumedRecord) {
        var headers: [(name: String, value: [UInt8])] = []
        record.forEachHeader { headers.append(($0, [UInt8]($1))) }
        self.init(
            place: PartitionOffset(partition: record.partition, offset: record.offset),
            key: record.key.map { [UInt8]($0) }, value: record.value.map { [UInt8]($0) }, headers: headers)
    }

    init(place: PartitionOffset, key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8])]) {
        self.place = place
        self.key = key
        self.value = value
        self.headers = headers
        reason = header(.reason)
    }

    /// The letter that this record marks; nil when it is a letter itself, as is everything that a consumer set aside,
    /// whatever headers it came with.
    var marked: PartitionOffset? {
        header(.topic) == nil ? header(.letter).flatMap { PartitionOffset($0) } : nil
    }

    var isDone: Bool { redrivenAt != nil }

    /// Such as `zitadel.events.v1 3:120`; nil for a record that no consumer of ours wrote.
    var origin: String? {
        guard let topic = header(.topic), let partition = header(.partition), let offset = header(.offset) else {
            return nil
        }
        return "\(topic) \(partition):\(offset)"
    }

    /// The last header of this name.
    func header(_ name: DeadLetterHeader) -> String? {
        headers.last { $0.name == name.rawValue }.map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// The headers that the record had before it was set aside.
    var originalHeaders: [(String, [UInt8])] {
        headers.filter { !$0.name.hasPrefix(DeadLetterHeader.prefix) }.map { ($0.name, $0.value) }
    }

    mutating func take(_ mark: StoredLetter) {
        attempts += 1
        redrivenAt = mark.header(.redrivenAt) ?? redrivenAt
        reason = mark.header(.reason) ?? reason
    }

    /// Whether this version of the consumer reads it.
    ///
    /// - Parameter topic: that of the events, to which it would go back.
    /// - Throws: why it stays where it is.
    func check(for topic: String) throws(Unreadable) {
        if let origin = header(.topic), origin != topic {
            throw Unreadable(reason: "it came from another topic")
        }
        if header(.droppedSize) != nil {
            throw Unreadable(reason: "its value was too large to be set aside; it is at its origin only")
        }
        do throws(RecordReadError) {
            try key.withBytes { key throws(RecordReadError) in
                try value.withBytes { value throws(RecordReadError) in _ = try CanonicalEvent(key: key, value: value) }
            }
        } catch {
            throw Unreadable(reason: "\(error)")
        }
    }

    /// Why a letter cannot be redriven. Holds none of its bytes.
    struct Unreadable: Error, Equatable {
        let reason: String
    }
}

extension [UInt8]? {
    fileprivate func withBytes(
        _ body: (UnsafeRawBufferPointer?) throws(RecordReadError) -> Void
    ) throws(RecordReadError) {
        guard let self else { return try body(nil) }
        let outcome = self.withUnsafeBytes { bytes in Result { () throws(RecordReadError) in try body(bytes) } }
        try outcome.get()
    }
}
