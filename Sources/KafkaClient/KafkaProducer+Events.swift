import CRdKafka
import Glibc
import Logging

extension KafkaProducer {
    /// Hands out every delivery report, error, log line and statistic that is queued, on the calling thread.
    ///
    /// - Parameter timeoutMilliseconds: how long to wait for the first event.
    /// - Returns: how many delivery reports were handed out.
    @discardableResult
    package func serveEvents(timeoutMilliseconds: Int32 = 0) -> Int {
        var reports = 0
        var failed = 0
        var timeout = timeoutMilliseconds
        while let event = rd_kafka_queue_poll(queue, timeout) {
            timeout = 0
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR: reports += handOut(event, failed: &failed)
            case RD_KAFKA_EVENT_ERROR: passOnError(event)
            case RD_KAFKA_EVENT_LOG: passOnLog(event)
            case RD_KAFKA_EVENT_STATS: observer?.statistics(String(cString: rd_kafka_event_stats(event)))
            default: break
            }
            rd_kafka_event_destroy(event)
        }
        if reports > 0 { observer?.deliveryReports(count: reports, failed: failed) }
        return reports
    }

    /// Writes one byte to the descriptor (a pipe's or eventfd's non-blocking end) when events begin to wait.
    ///
    /// librdkafka writes when its queue turns from empty to not empty, once until the queue is polled again. So the
    /// owner first reads the descriptor empty and then calls `serveEvents`, which drains the queue: the other way
    /// round loses a wake-up. Take the descriptor back with `disableWakeup` before closing it.
    package func enableWakeup(fileDescriptor: Int32) {
        var byte: UInt8 = 1
        rd_kafka_queue_io_event_enable(queue, fileDescriptor, &byte, 1)
        // What is queued already would wake nobody.
        write(fileDescriptor, &byte, 1)
    }

    package func disableWakeup() { rd_kafka_queue_io_event_enable(queue, -1, nil, 0) }

    private func handOut(_ event: OpaquePointer, failed: inout Int) -> Int {
        var count = 0
        while let message = rd_kafka_event_message_next(event) {
            count += 1
            guard let opaque = message.pointee._private else { continue }
            let receiver = Unmanaged<DeliveryReceiver>.fromOpaque(opaque).takeRetainedValue()
            let code = message.pointee.err
            if code == RD_KAFKA_RESP_ERR_NO_ERROR {
                receiver.recordDelivered(nil)
            } else {
                failed += 1
                receiver.recordDelivered(PublishError(code))
            }
        }
        return count
    }

    private func passOnError(_ event: OpaquePointer) {
        let reason = String(cString: rd_kafka_event_error_string(event))
        report(brokerError(rd_kafka_event_error(event), reason: reason, handle.client), logger, observer)
    }

    private func passOnLog(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var level: Int32 = 7
        guard rd_kafka_event_log(event, &facility, &text, &level) == 0 else { return }
        logger.librdkafka(level: level, facility: facility, text: text)
    }
}

/// Describes a client-wide error; a fatal one by the code that caused it.
///
/// librdkafka's callbacks announce a fatal error by `__FATAL`, its events by the code that caused it.
func brokerError(_ code: rd_kafka_resp_err_t, reason: String, _ client: OpaquePointer?) -> KafkaBrokerError {
    let (cause, text) = withText { rd_kafka_fatal_error(client, $0, $1) }
    guard cause != RD_KAFKA_RESP_ERR_NO_ERROR, code == RD_KAFKA_RESP_ERR__FATAL || code == cause else {
        return KafkaBrokerError(name: String(cString: rd_kafka_err2name(code)), reason: reason, isFatal: false)
    }
    return KafkaBrokerError(name: String(cString: rd_kafka_err2name(cause)), reason: text, isFatal: true)
}

/// Counts a client-wide error and logs it: a fatal one loudly, the others quietly, for librdkafka logs those itself.
func report(_ error: KafkaBrokerError, _ logger: Logger, _ observer: (any KafkaObserver)?) {
    logger.log(
        level: error.isFatal ? .critical : .debug, error.isFatal ? "Kafka client failed for good" : "Kafka error",
        metadata: [KafkaLogKey.code: "\(error.name)", KafkaLogKey.reason: "\(error.reason)"])
    observer?.brokerError(error)
}
