import CRdKafka
import Logging
import Synchronization

extension KafkaProducer {
    /// How long a purge may take to bring the last reports.
    private static let purgeTimeout = Duration.seconds(1)

    /// Closes while somebody else goes on serving events: takes no more records, waits for those in flight, then gives
    /// the rest up, so that every receiver has its report (on the serving thread) when this returns.
    ///
    /// Closing again is harmless.
    package func close(flushTimeout: Duration) async {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        await NamedThread.run("kafka-close") { [self] in
            if rd_kafka_flush(handle.client, flushTimeout.wholeMilliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR { return }
            purge()
            rd_kafka_flush(handle.client, Self.purgeTimeout.wholeMilliseconds)
        }
    }

    /// The same for the thread that serves the events itself: reports are handed out on the calling thread, which this
    /// blocks for up to the timeout and one second more.
    package func closeServing(flushTimeout: Duration) {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        serve(until: ContinuousClock.now + flushTimeout)
        guard queuedRecords > 0 else { return }
        purge()
        serve(until: ContinuousClock.now + Self.purgeTimeout)
    }

    private func serve(until deadline: ContinuousClock.Instant) {
        serveEvents()
        while queuedRecords > 0, ContinuousClock.now < deadline { serveEvents(timeoutMilliseconds: 20) }
    }

    private func purge() {
        logger.warning(
            "Giving up records that were not acknowledged in time",
            metadata: [KafkaLogKey.count: "\(queuedRecords)"])
        rd_kafka_purge(handle.client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    }
}

extension Duration {
    /// Milliseconds as librdkafka takes them, rounded up so that a wait is never cut to none.
    var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        let milliseconds = Double(seconds) * 1e3 + Double(attoseconds) / 1e15
        return Int32(min(max(milliseconds.rounded(.up), 0), Double(Int32.max)))
    }
}
