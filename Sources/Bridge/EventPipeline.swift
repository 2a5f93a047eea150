import EventContract
import KafkaClient
import Logging
import ServiceRuntime

/// The one door to Kafka: catalogue, subject, record, publish.
///
/// Confined to one event loop, whose thread also hands out the delivery reports; nothing here is locked.
final class EventPipeline {
    struct Configuration: Sendable {
        let producer: KafkaProducer
        let topic: String
        let normalizer: EventNormalizer
        /// The instance whose events are accepted; nil for that of the first event.
        let instanceID: UTF8Text?
    }

    /// How an event came, for the record's headers.
    struct Delivery {
        let path: StaticString
        let receivedAt: EventTime
        /// The W3C trace context that came with the event.
        let traceParent: String?
    }

    /// What became of an event that was not refused by Kafka.
    enum Submission: Equatable {
        /// The receiver hears how it ended.
        case inFlight
        case withheld(EventOutcome)
        case wrongInstance
        case incomplete
        case unresolved
    }

    private let configuration: Configuration
    private let logger: Logger
    private var source: RecordSource?
    private var record = EventRecord()
    private var receivedAt: [UInt8] = []
    private var grantUsers = GrantUsers()
    private var openTopic: KafkaTopic?

    init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        source = configuration.instanceID.map { RecordSource(instanceID: $0) }
    }

    /// Publishes one verified event.
    ///
    /// Publishing the same event twice is harmless: both records are the same to the byte, and consumers apply one.
    /// - Parameter receiver: told exactly once, later, when the answer is `.inFlight`; else never.
    /// - Throws: `PublishError` when Kafka's client does not take the record now.
    func submit(
        _ event: borrowing ZitadelEvent, _ delivery: Delivery, receiver: DeliveryReceiver
    ) throws(PublishError) -> Submission {
        guard let source = acceptedSource(of: event) else { return .wrongInstance }
        let outcome = configuration.normalizer.normalize(event, from: source, into: &record) { grantUsers[$0] }
        switch outcome {
        case .unknownType: return .withheld(.unknownType)
        case .metadataKeyNotForwarded: return .withheld(.metadataKey)
        case .incomplete: return .incomplete
        case .unresolvedSubject: return .unresolved
        case .record: break
        }
        logHandling(delivery)
        if record.type == .userGrantAdded {
            grantUsers.learn(grant: event.aggregateID.text, user: UTF8Text(bytes: record.key))
        }
        try produce(to: try topic(), source, delivery, receiver)
        return .inFlight
    }

    /// The source of records of the event's instance; nil when the event is of another one or names none.
    private func acceptedSource(of event: borrowing ZitadelEvent) -> RecordSource? {
        guard let instance = event.instanceID, !instance.isEmpty else { return nil }
        if let source { return instance.isEqual(to: source.instanceID) ? source : nil }
        let pinned = RecordSource(instanceID: instance.text)
        logger.info("Accepting events of this instance only", metadata: [LogKey.instance: "\(pinned.instanceID)"])
        source = pinned
        return pinned
    }

    private func logHandling(_ delivery: Delivery) {
        logger.info(
            "Handling webhook event",
            metadata: [
                LogKey.eventID: "\(UTF8Text(bytes: record.id))", LogKey.type: "\(record.type.name)",
                LogKey.path: "\(delivery.path)",
            ])
    }

    /// The topic, opened for the first record: opening it earlier would make brokers that create topics by themselves
    /// create it before `TopicSetup` can, with other settings.
    private func topic() throws(PublishError) -> KafkaTopic {
        if let openTopic { return openTopic }
        do throws(KafkaConfigurationError) {
            let topic = try configuration.producer.topic(configuration.topic)
            openTopic = topic
            return topic
        } catch {
            throw .topicMissing
        }
    }

    private func produce(
        to topic: KafkaTopic, _ source: RecordSource, _ delivery: Delivery, _ receiver: DeliveryReceiver
    ) throws(PublishError) {
        var failure: PublishError?
        record.key.withUnsafeBytes { key in
            record.value.withUnsafeBytes { value in
                do throws(PublishError) {
                    try configuration.producer.produce(
                        to: topic, key: key, value: value, headers: headers(source, delivery, key),
                        receiver: receiver)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }

    private func headers(
        _ source: RecordSource, _ delivery: Delivery, _ subject: UnsafeRawBufferPointer
    ) -> KafkaHeaders {
        receivedAt.removeAll(keepingCapacity: true)
        delivery.receivedAt.write(to: &receivedAt)
        var headers = KafkaHeaders(capacity: 10)
        headers.add(RecordHeader.contentType, EventRecord.contentType.bytes)
        headers.add(RecordHeader.id, record.id)
        headers.add(RecordHeader.type, record.type.name.bytes)
        headers.add(RecordHeader.source, source.urn)
        headers.add(RecordHeader.subject, subject)
        headers.add(RecordHeader.time, record.time)
        headers.add(RecordHeader.specversion, EventRecord.specversion.bytes)
        headers.add(RecordHeader.path, delivery.path.bytes)
        headers.add(RecordHeader.receivedAt, receivedAt)
        if let traceParent = delivery.traceParent { headers.add(RecordHeader.traceParent, Array(traceParent.utf8)) }
        return headers
    }
}

extension KafkaHeaders {
    fileprivate mutating func add(_ name: StaticString, _ value: [UInt8]) {
        value.withUnsafeBytes { add(name, $0) }
    }
}
