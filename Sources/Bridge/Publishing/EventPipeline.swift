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
        let path: EventPath
        let receivedAt: EventTime
        /// The W3C trace context that came with the event.
        let traceParent: String?
    }

    /// What became of an event that was not refused by Kafka.
    enum Submission: Equatable {
        /// The receiver hears how it ended, and then says so by `acknowledged`.
        case inFlight(PublishedIDs.Fingerprint)
        /// Its record is in the topic already.
        case duplicate
        case withheld(EventOutcome)
        case wrongInstance
        case incomplete
        case unresolved
    }

    private let configuration: Configuration
    private let metrics: BridgeMetrics
    private let clock: WallClock
    private let logger: Logger
    private var source: RecordSource?
    private var record = EventRecord()
    /// Of the latest record; those of a page share it.
    private var receivedAt = (time: EventTime.epoch, text: [UInt8]())
    private var grantUsers = GrantUsers()
    private var published = PublishedIDs()
    private var openTopic: KafkaTopic?

    init(_ configuration: Configuration, metrics: BridgeMetrics, clock: WallClock, logger: Logger) {
        self.configuration = configuration
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
        source = configuration.instanceID.map { RecordSource(instanceID: $0) }
    }

    /// Publishes one verified event.
    ///
    /// An event that is in flight already is published again. That is harmless: both records are the same to the byte,
    /// and consumers apply one.
    /// - Parameter receiver: told exactly once, later, when the answer is `.inFlight`; else never.
    /// - Throws: `PublishError` when Kafka's client does not take the record now.
    func submit(
        _ event: borrowing ZitadelEvent, _ delivery: Delivery, receiver: DeliveryReceiver
    ) throws(PublishError) -> Submission {
        guard let source = acceptedSource(of: event) else { return .wrongInstance }
        return try submit(event, source, delivery, receiver)
    }

    /// Publishes one event of the events search. It names no instance: that of the asked host was pinned before.
    func submit(
        searched event: borrowing ZitadelEvent, _ delivery: Delivery, receiver: DeliveryReceiver
    ) throws(PublishError) -> Submission {
        guard let source else { return .wrongInstance }
        return try submit(event, source, delivery, receiver)
    }

    private func submit(
        _ event: borrowing ZitadelEvent, _ source: RecordSource, _ delivery: Delivery, _ receiver: DeliveryReceiver
    ) throws(PublishError) -> Submission {
        let outcome = configuration.normalizer.normalize(event, from: source, into: &record) { grantUsers[$0] }
        switch outcome {
        case .unknownType: return .withheld(.unknownType)
        case .metadataKeyNotForwarded: return .withheld(.metadataKey)
        case .profileWithheld: return .withheld(.profile)
        case .incomplete: return .incomplete
        case .unresolvedSubject: return .unresolved
        case .record: break
        }
        let id = PublishedIDs.Fingerprint(id: record.id, type: record.type.name.bytes, time: record.time)
        guard !published.contains(id) else { return .duplicate }
        logHandling(delivery)
        if record.type == .userGrantAdded {
            grantUsers.learn(grant: event.aggregateID.text, user: UTF8Text(bytes: record.key))
        }
        try produce(to: try topic(), source, delivery, receiver)
        return .inFlight(id)
    }

    /// A record that was in flight is in the topic.
    ///
    /// - Parameter createdAt: when Zitadel stored the event.
    func acknowledged(_ id: PublishedIDs.Fingerprint, createdAt: EventTime, path: EventPath) {
        published.insert(id)
        metrics.published(path, microsecondsSinceCreated: now.microsecondsSinceEpoch - createdAt.microsecondsSinceEpoch)
    }

    /// Records were read from the topic, whoever wrote them, each once.
    func sawInTopic(_ ids: [PublishedIDs.Fingerprint]) {
        for id in ids where published.sawInTopic(id) { metrics.duplicatesInTopic.increment() }
    }

    /// Records are in the topic, which may have been told before.
    func remember(inTopic ids: [PublishedIDs.Fingerprint]) {
        for id in ids { published.insert(id) }
    }

    /// Learns users of grants that were found elsewhere.
    func learn(_ users: [UTF8Text: UTF8Text]) {
        for (grant, user) in users { grantUsers.learn(grant: grant, user: user) }
    }

    /// Accepts events of this instance only. The first call decides.
    ///
    /// - Returns: false when another one was decided on before.
    func pin(instance: UTF8Text) -> Bool {
        if let source { return source.instanceID == instance }
        pin(RecordSource(instanceID: instance))
        return true
    }

    /// The time of day.
    var now: EventTime { EventTime(microsecondsSinceEpoch: clock.microseconds()) ?? .epoch }

    /// The source of records of the event's instance; nil when the event is of another one or names none.
    private func acceptedSource(of event: borrowing ZitadelEvent) -> RecordSource? {
        guard let instance = event.instanceID, !instance.isEmpty else { return nil }
        if let source { return instance.isEqual(to: source.instanceID) ? source : nil }
        let pinned = RecordSource(instanceID: instance.text)
        pin(pinned)
        return pinned
    }

    private func pin(_ pinned: RecordSource) {
        logger.info("Accepting events of this instance only", metadata: [LogKey.instance: "\(pinned.instanceID)"])
        source = pinned
    }

    private func logHandling(_ delivery: Delivery) {
        // A catch-up can bring a history of events; one line each would drown what an operator looks for.
        let isWebhook = delivery.path == .webhook
        logger.log(
            level: isWebhook ? .info : .debug, isWebhook ? "Handling webhook event" : "Handling polled event",
            metadata: [
                LogKey.eventID: "\(UTF8Text(bytes: record.id))", LogKey.type: "\(record.type.name)",
                LogKey.path: "\(delivery.path.rawValue)",
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
        if receivedAt.time != delivery.receivedAt || receivedAt.text.isEmpty {
            receivedAt.time = delivery.receivedAt
            receivedAt.text.removeAll(keepingCapacity: true)
            delivery.receivedAt.write(to: &receivedAt.text)
        }
        var headers = KafkaHeaders(capacity: 10)
        headers.add(RecordHeader.contentType, EventRecord.contentType.bytes)
        headers.add(RecordHeader.id, record.id)
        headers.add(RecordHeader.type, record.type.name.bytes)
        headers.add(RecordHeader.source, source.urn)
        headers.add(RecordHeader.subject, subject)
        headers.add(RecordHeader.time, record.time)
        headers.add(RecordHeader.specversion, EventRecord.specversion.bytes)
        headers.add(RecordHeader.path, delivery.path.name.bytes)
        headers.add(RecordHeader.receivedAt, receivedAt.text)
        if let traceParent = delivery.traceParent { headers.add(RecordHeader.traceParent, Array(traceParent.utf8)) }
        return headers
    }
}

extension KafkaHeaders {
    fileprivate mutating func add(_ name: StaticString, _ value: [UInt8]) {
        value.withUnsafeBytes { add(name, $0) }
    }
}
