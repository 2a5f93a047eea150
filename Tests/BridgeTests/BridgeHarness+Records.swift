import EventContract
import KafkaClient
import KafkaMockCluster
import Logging
import TestSupport

/// A record copied out of the topic.
struct TopicRecord: Sendable {
    let key: UTF8Text
    let value: UTF8Text
    let headers: [(name: String, value: String)]

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

extension BridgeHarness {
    /// Reads that many records from the start of the topic.
    func records(_ count: Int) async throws -> [TopicRecord] {
        let reader = try TopicReader(bootstrapServers: cluster.bootstrapServers)
        var records: [TopicRecord] = []
        try await eventually("\(count) records are in the topic") {
            records += try await reader.next()
            return records.count >= count
        }
        await reader.close()
        return records
    }
}

/// Reads the topic as any subscriber would, on a thread of its own.
private actor TopicReader {
    private let executor = DedicatedThreadExecutor(name: "topic-reader")
    private let consumer: KafkaConsumer

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(bootstrapServers: String) throws {
        consumer = try KafkaConsumer(
            KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "test"), groupID: "test",
            topics: [BridgeHarness.topic], logger: Logger(label: "test"), observer: nil)
    }

    func next() throws -> [TopicRecord] {
        try consumer.next(max: 1000, timeout: .milliseconds(100)).map { record in
            var headers: [(String, String)] = []
            record.forEachHeader { headers.append(($0, String(decoding: $1, as: UTF8.self))) }
            return TopicRecord(
                key: UTF8Text(bytes: Array(record.key ?? .init(start: nil, count: 0))),
                value: UTF8Text(bytes: Array(record.value ?? .init(start: nil, count: 0))), headers: headers)
        }
    }

    func close() { consumer.close() }
}

extension CanonicalEvent {
    static func reading(_ record: TopicRecord) throws -> CanonicalEvent {
        try record.key.bytes.withUnsafeBytes { key in
            try record.value.bytes.withUnsafeBytes { try CanonicalEvent(key: key, value: $0) }
        }
    }
}
