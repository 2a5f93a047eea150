import ServiceLifecycle
import Synchronization

/// Serves a producer's events on a thread of its own, for programs without an event loop to do it on.
package struct KafkaProducerService: Service {
    private let producer: KafkaProducer
    private let flushTimeout: Duration

    /// - Parameter flushTimeout: how long records in flight may take once the program is asked to stop.
    package init(_ producer: KafkaProducer, flushTimeout: Duration = .seconds(7)) {
        self.producer = producer
        self.flushTimeout = flushTimeout
    }

    /// Returns when it was asked to stop and every receiver has its report.
    package func run() async {
        let stop = ThreadSignal()
        await withTaskCancellationOrGracefulShutdownHandler {
            await NamedThread.run("kafka-events") {
                while !stop.isSet { producer.serveEvents(timeoutMilliseconds: 100) }
                producer.closeServing(flushTimeout: flushTimeout)
            }
        } onCancelOrGracefulShutdown: {
            stop.set()
        }
    }
}
