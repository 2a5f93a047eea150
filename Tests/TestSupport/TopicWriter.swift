import KafkaClient
import Logging
import Synchronization

/// Writes records to a topic, any bytes, and knows when the brokers have them.
package struct TopicWriter: Sendable {
    /// A record as it is to be written; nil is a null key or a tombstone.
    package struct Record: Sendable {
        package var key: [UInt8]?
        package var value: [UInt8]?
        package var headers: [(String, [UInt8])]

        package init(key: [UInt8]?, value: [UInt8]?, headers: [(String, [UInt8])] = []) {
            self.key = key
            self.value = value
            self.headers = headers
        }

        package init(_ record: GoldenEvent.Record) {
            self.init(key: Array(record.key.utf8), value: Array(record.value.utf8))
        }
    }

    private let producer: KafkaProducer
    private let topic: KafkaTopic

    /// - Parameter properties: of librdkafka, beside those that let it take many records at once.
    package init(
        bootstrapServers: String, topic: String, properties: [(name: String, value: String)] = []
    ) throws {
        let configuration = KafkaConfiguration(
            bootstrapServers: bootstrapServers, clientID: "topic-writer",
            properties: [("queue.buffering.max.messages", "1000000"), ("linger.ms", "1")] + properties)
        producer = try KafkaProducer(
            configuration, logger: Logger(label: "topic-writer") { _ in SwiftLogNoOpLogHandler() }, observer: nil)
        self.topic = try producer.topic(topic)
    }

    /// Returns once the brokers have all of them.
    package func write(_ records: [Record]) async throws {
        let receiver = CountingReceiver()
        for record in records { try produce(record, receiver) }
        try await eventually(within: .seconds(30), "\(records.count) records are written") {
            producer.serveEvents()
            return receiver.reports.withLock { $0.count } == records.count
        }
        if let failure = receiver.reports.withLock({ $0.compactMap { $0 }.first }) { throw failure }
    }

    private func produce(_ record: Record, _ receiver: DeliveryReceiver) throws {
        // A slice of one byte more has an address even when it is empty; without one it would be null.
        let key = (record.key ?? []) + [0]
        let value = (record.value ?? []) + [0]
        var failure: PublishError?
        key.withUnsafeBytes { keyBytes in
            value.withUnsafeBytes { valueBytes in
                var headers = KafkaHeaders(capacity: record.headers.count)
                for (name, value) in record.headers { headers.add(name, value) }
                let null = UnsafeRawBufferPointer(start: nil, count: 0)
                do throws(PublishError) {
                    try producer.produce(
                        to: topic,
                        key: record.key == nil ? null : UnsafeRawBufferPointer(rebasing: keyBytes.dropLast()),
                        value: record.value == nil ? null : UnsafeRawBufferPointer(rebasing: valueBytes.dropLast()),
                        headers: headers, receiver: receiver)
                } catch { failure = error }
            }
        }
        if let failure { throw failure }
    }
}

private final class CountingReceiver: DeliveryReceiver {
    let reports = Mutex<[PublishError?]>([])

    override func recordDelivered(_ failure: PublishError?) { reports.withLock { $0.append(failure) } }
}
