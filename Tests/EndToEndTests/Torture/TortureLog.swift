import Consumer
import EventContract
import KafkaClient
import TestSupport

/// What the topic holds, by place, and whether a state has it. On a thread of its own: the databases block.
actor TortureLog {
    private let executor = DedicatedThreadExecutor(name: "torture-log")
    private let reader: TopicReader
    /// By partition; the index is the offset.
    private var events: [Int32: [CanonicalEvent]] = [:]
    private var count = 0

    private static let batchMax = 5000

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(bootstrapServers: String) throws {
        reader = try TopicReader(bootstrapServers: bootstrapServers, topic: Pipeline.topic)
    }

    /// Reads on until the topic has given this many records.
    func read(_ total: Int) async throws {
        let records = try await reader.read(within: .seconds(60), "\(total) records are in the topic") {
            $0.count >= total
        }
        for record in records.dropFirst(count) {
            precondition(Int64(events[record.partition, default: []].count) == record.offset, "a gap in the topic")
            let event = try (record.key ?? []).withUnsafeBytes { key in
                try (record.value ?? []).withUnsafeBytes { value in try CanonicalEvent(key: key, value: value) }
            }
            events[record.partition, default: []].append(event)
        }
        count = records.count
    }

    func close() async { await reader.close() }

    /// Applies every record below these offsets.
    ///
    /// - Returns: how many they are, and how many of them the state did not have.
    func apply(below offsets: [Int32: Int64], to place: StatePlace) throws -> (records: Int, missing: Int) {
        let state = try place.snapshot()
        try state.prepare()
        var result = (records: 0, missing: 0)
        for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            let committed = events[partition, default: []].prefix(Int(offset))
            precondition(committed.count == Int(offset), "more is committed than there is")
            for start in stride(from: 0, to: committed.count, by: Self.batchMax) {
                let outcome = try state.apply(Array(committed.dropFirst(start).prefix(Self.batchMax)))
                result.missing += outcome.applied
            }
            result.records += committed.count
        }
        return result
    }
}
