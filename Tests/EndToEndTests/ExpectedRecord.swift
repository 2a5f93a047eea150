import EventContract
import Foundation
import Testing

/// The record that an event in the simulator's store has to have in the topic.
struct ExpectedRecord: Sendable {
    let id: String
    /// Zitadel's event type.
    let type: String
    /// Microseconds since 1970.
    let createdAt: Int64
    let key: [UInt8]
    let value: [UInt8]
    /// A body as Zitadel posts it.
    let webhook: [UInt8]

    /// Those of all events in a store file whose type the catalogue names.
    static func all(inStore path: String) throws -> [ExpectedRecord] {
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        // What stands behind the last line end is being written.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let events = lines.compactMap { StoredEvent($0) }
        var users: [UTF8Text: UTF8Text] = [:]
        for event in events where event.type == "user.grant.added" {
            users[UTF8Text(event.aggregateID)] = event.payload.values(of: "userId").first.map { UTF8Text($0) }
        }
        return try events.compactMap { try $0.record(users: users) }
    }
}

/// A line of the store file: a letter and nine fields between tabs.
private struct StoredEvent {
    let aggregateType: String
    let aggregateID: String
    let resourceOwner: String
    let sequence: String
    let createdAt: Int64
    let type: String
    let editor: String
    /// Empty without one.
    let payload: String

    init?(_ line: Substring) {
        let fields = line.split(separator: "\t", maxSplits: 9, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 10, fields[0] == "E", let createdAt = Int64(fields[5]) else { return nil }
        (aggregateType, aggregateID, resourceOwner) = (fields[1], fields[2], fields[3])
        (sequence, self.createdAt, type, editor, payload) = (fields[4], createdAt, fields[7], fields[8], fields[9])
    }

    /// - Returns: nil when nothing is to be published for it.
    func record(users: [UTF8Text: UTF8Text]) throws -> ExpectedRecord? {
        let time = try #require(EventTime(microsecondsSinceEpoch: createdAt))
        let body = Array(
            """
            {"aggregateID":"\(aggregateID)","aggregateType":"\(aggregateType)","resourceOwner":"\(resourceOwner)",\
            "instanceID":"\(Pipeline.instance)","sequence":\(sequence),"event_type":"\(type)",\
            "created_at":"\(time)","userID":"\(editor)",\
            "event_payload":\(payload.isEmpty ? "null" : payload)}
            """.utf8)
        var record = EventRecord()
        let outcome = try body.withUnsafeBytes { bytes in
            var event = ZitadelEvent()
            var scanner = JSONScanner()
            try event.read(webhook: bytes, using: &scanner)
            return EventNormalizer(metadataKeys: MetadataKeyFilter(["*"])).normalize(
                event, from: RecordSource(instanceID: UTF8Text(Pipeline.instance)), into: &record,
                userOfGrant: { users[$0] })
        }
        if outcome == .unknownType { return nil }
        #expect(outcome == .record, "\(type) of \(aggregateID)")
        return ExpectedRecord(
            id: "\(aggregateType)/\(aggregateID)/\(sequence)", type: type, createdAt: createdAt, key: record.key,
            value: record.value, webhook: body)
    }
}
