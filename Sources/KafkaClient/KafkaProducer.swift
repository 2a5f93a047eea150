import CRdKafka
package import Logging
import Synchronization

/// Publishes records, each acknowledged by every in-sync replica and written once.
///
/// Publishing may be done from any thread and never blocks. Delivery reports wait in a queue until somebody calls
/// `serveEvents`: an event loop woken through `enableWakeup`, or the thread of a `KafkaProducerService`.
package final class KafkaProducer: @unchecked Sendable {
    /// The client itself, for `KafkaHealth` and `KafkaAdmin`.
    package let handle: KafkaHandle
    let queue: OpaquePointer
    let logger: Logger
    let observer: (any KafkaObserver)?
    let isClosed = Atomic(false)
    private let topics = Mutex<[String: KafkaTopic]>([:])

    /// Connects in the background: brokers that are down are no error here.
    package init(
        _ configuration: KafkaConfiguration, logger: Logger, observer: (any KafkaObserver)?
    ) throws(KafkaConfigurationError) {
        let properties = try ClientProperties(configuration, defaults: Self.defaults)
        let events = RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS | RD_KAFKA_EVENT_LOG
        rd_kafka_conf_set_events(properties.pointer, events)
        handle = try properties.makeClient(RD_KAFKA_PRODUCER)
        rd_kafka_set_log_queue(handle.client, nil)
        queue = rd_kafka_queue_get_main(handle.client)
        self.logger = logger
        self.observer = observer
    }

    /// Checks the properties as building a producer does, without one: nothing is connected.
    package static func check(_ configuration: KafkaConfiguration) throws(KafkaConfigurationError) {
        _ = try ClientProperties(configuration, defaults: defaults)
    }

    deinit {
        disableWakeup()
        // Nobody else can serve any more, so the receivers of records in flight hear of it here.
        if queuedRecords > 0 { closeServing(flushTimeout: .zero) }
        rd_kafka_queue_destroy(queue)
    }

    /// Our defaults, which the operator's properties override.
    private static let defaults: [(name: String, value: String)] = [
        ("enable.idempotence", "true"), ("acks", "all"),
        // Below about 64 requests at once waiting for company costs more than it saves.
        ("linger.ms", "0"),
        // Well below Zitadel's 10 s for a webhook: with librdkafka's 1 s scan, every report is there in time.
        ("message.timeout.ms", "6000"),
        ("queue.buffering.max.messages", "10000"), ("queue.buffering.max.kbytes", "16384"),
        // With librdkafka's 10 s, a broker that is back would be found seconds late.
        ("reconnect.backoff.ms", "50"), ("reconnect.backoff.max.ms", "500"),
        // A topic that was missing or refused us is refused at once until it is looked at again, by default in 5 min.
        ("topic.metadata.refresh.interval.ms", "10000"),
        ("socket.nagle.disable", "true"),
    ]

    /// The topic to publish to. Kept by the producer; asking again gives the same one.
    package func topic(_ name: String) throws(KafkaConfigurationError) -> KafkaTopic {
        let found = topics.withLock { $0[name] }
        if let found { return found }
        let created = try KafkaTopic(name, handle)
        return topics.withLock { known in
            if let known = known[name] { return known }
            known[name] = created
            return created
        }
    }

    /// Hands a record to the client. Never blocks and allocates nothing of its own; bytes are copied.
    ///
    /// A key or value without a base address is a null key or a tombstone.
    ///
    /// - Parameter receiver: told exactly once how it ended, later; never when this throws.
    package func produce(
        to topic: KafkaTopic, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer,
        headers: consuming KafkaHeaders, receiver: DeliveryReceiver
    ) throws(PublishError) {
        guard !isClosed.load(ordering: .relaxed) else { throw .closed }
        let taken = headers.take()
        let opaque = Unmanaged.passRetained(receiver)
        let code = zkb_produce(
            handle.client, topic.pointer, key.baseAddress, key.count, value.baseAddress, value.count, taken,
            opaque.toOpaque())
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        opaque.release()
        rd_kafka_headers_destroy(taken)
        throw PublishError(code)
    }

    /// Records accepted and not yet reported, plus events not yet served.
    package var queuedRecords: Int { Int(rd_kafka_outq_len(handle.client)) }
}
