import EventContract
import Foundation
import TestSupport
import Testing

/// What both topics hold, compared with everything that Zitadel stored.
struct TopicAudit: Sendable {
    static let cursorTopic = "zitadel.bridge.cursor"

    /// Events that are in the topic.
    private(set) var events = 0
    /// Records beyond the first of their event.
    private(set) var duplicates = 0
    /// Cursors that were written, each of them checked.
    private(set) var cursors = 0
    /// Pairs of a cursor and an event that it has passed.
    private(set) var passed = 0
    /// First records by the way they came.
    private(set) var byPath: [String: Int] = [:]
    /// When the last event's first record was produced, in milliseconds since 1970.
    private(set) var lastProducedAt: Int64 = 0

    private struct Cursor: Decodable {
        struct Group: Decodable {
            let time: String
            let types: [String]
        }

        let cursors: [Group]
    }

    /// Waits until every event in the store is in the topic, then checks every record and every cursor ever written.
    init(bootstrapServers: String, store: String, within timeout: Duration = .seconds(20)) async throws {
        let expected = try ExpectedRecord.all(inStore: store)
        #expect(!expected.isEmpty)
        let wanted = Set(expected.map(\.id))
        let reader = try TopicReader(bootstrapServers: bootstrapServers, topic: Pipeline.topic)
        let cursorReader = try TopicReader(bootstrapServers: bootstrapServers, topic: Self.cursorTopic)
        // Joining the group takes the dev broker 3 s.
        async let joined = cursorReader.readToEnd()
        var records: [StoredRecord] = []
        do {
            records = try await reader.read(within: timeout, "every event is in the topic") { records in
                records.count >= wanted.count && wanted.isSubset(of: records.compactMap { $0.header("ce_id") })
            }
        } catch {
            records = try await reader.readToEnd()
            let missing = wanted.subtracting(records.compactMap { $0.header("ce_id") }).sorted()
            Issue.record("lost \(missing.count) of \(wanted.count), such as \(missing.prefix(3))")
        }
        check(records, expected)
        _ = try await joined
        let cursors = try await cursorReader.readToEnd()
        check(cursors: cursors, of: expected, firstProduced: Self.firstProduced(records))
        await reader.close()
        await cursorReader.close()
    }

    private mutating func check(_ records: [StoredRecord], _ expected: [ExpectedRecord]) {
        let byID = Dictionary(uniqueKeysWithValues: expected.map { ($0.id, $0) })
        var seen = Set<String>()
        var wrong: [String] = []
        for record in records.sorted(by: { $0.timestamp < $1.timestamp }) {
            let id = record.header("ce_id") ?? ""
            let wanted = byID[id]
            if wanted == nil || record.key != wanted?.key || record.value != wanted?.value { wrong.append(id) }
            guard seen.insert(id).inserted else {
                duplicates += 1
                continue
            }
            byPath[record.header("bridge-path") ?? "", default: 0] += 1
            lastProducedAt = max(lastProducedAt, record.timestamp)
        }
        events = seen.count
        #expect(wrong.isEmpty, "records that are not, byte for byte, those of stored events")
    }

    /// A cursor promises that everything stored up to its time is in the topic: it was there before the cursor was.
    private mutating func check(
        cursors records: [StoredRecord], of expected: [ExpectedRecord], firstProduced: [String: Int64]
    ) {
        let byType = Dictionary(grouping: expected, by: \.type)
        let key = Array("\(Pipeline.instance)/\(Pipeline.topic)".utf8)
        var ahead: [String] = []
        for record in records where record.key == key {
            guard let cursor = try? JSONDecoder().decode(Cursor.self, from: Data(record.value ?? [])) else {
                Issue.record("a cursor cannot be read")
                continue
            }
            cursors += 1
            for group in cursor.cursors {
                let time = EventTime(group.time)?.microsecondsSinceEpoch ?? .max
                for event in group.types.flatMap({ byType[$0] ?? [] }) where event.createdAt <= time {
                    passed += 1
                    if firstProduced[event.id].map({ $0 > record.timestamp }) ?? true { ahead.append(event.id) }
                }
            }
        }
        #expect(ahead.isEmpty, "events that a cursor had passed before they were published")
    }

    private static func firstProduced(_ records: [StoredRecord]) -> [String: Int64] {
        Dictionary(records.map { ($0.header("ce_id") ?? "", $0.timestamp) }, uniquingKeysWith: min)
    }
}
