import KafkaClient
import Logging

/// A record copied out of a topic. Nil and empty are two things here.
package struct StoredRecord: Sendable {
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [(name: String, value: [UInt8])]
    package let partition: Int32
    package let offset: Int64
    /// Milliseconds since 1970, of the moment it was produced.
    package let timestamp: Int64

    package func header(_ name: String) -> String? {
        headers.last { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}

/// Reads a topic from its start as any subscriber would, on a thread of its own, and commits nothing.
package actor TopicReader {
    private let executor = DedicatedThreadExecutor(name: "topic-reader")
    private let consumer: KafkaConsumer
    private var records: [StoredRecord] = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(bootstrapServers: String, topic: String) throws {
        consumer = try KafkaConsumer(
            KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "topic-reader"),
            groupID: "reader-of-\(topic)", topics: [topic],
            logger: Logger(label: "topic-reader") { _ in SwiftLogNoOpLogHandler() }, observer: nil)
    }

    /// Reads until the condition holds for everything read so far.
    package func read(
        within timeout: Duration = .seconds(20), _ what: String,
        until isDone: @Sendable ([StoredRecord]) -> Bool
    ) async throws -> [StoredRecord] {
        try await eventually(within: timeout, what) {
            records += try consumer.next(max: 5000, timeout: .milliseconds(50)).map { StoredRecord($0) }
            return isDone(records)
        }
        return records
    }

    /// Reads everything there is now.
    package func readToEnd(within timeout: Duration = .seconds(20)) async throws -> [StoredRecord] {
        try await eventually(within: timeout, "the topic is read to its end") {
            records += try consumer.next(max: 5000, timeout: .milliseconds(50)).map { StoredRecord($0) }
            guard !consumer.assignment.isEmpty else { return false }
            return consumer.lag().values.allSatisfy { $0.records == 0 }
        }
        return records
    }

    package func close() { consumer.close() }
}

extension StoredRecord {
    fileprivate init(_ record: ConsumedRecord) {
        var headers: [(name: String, value: [UInt8])] = []
        record.forEachHeader { headers.append(($0, [UInt8]($1))) }
        self.init(
            key: record.key.map { [UInt8]($0) }, value: record.value.map { [UInt8]($0) }, headers: headers,
            partition: record.partition, offset: record.offset, timestamp: record.timestamp ?? 0)
    }
}
