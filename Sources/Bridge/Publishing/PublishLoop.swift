import EventContract
import KafkaClient
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import ServiceRuntime

/// The one event loop on which events become records, whichever way they came. Owns the pipeline and hands out the
/// producer's delivery reports on the same loop.
///
/// Comes before everything that publishes in the order of services, so that it closes the producer last.
final class PublishLoop: Service {
    /// How long records in flight may take at shutdown; then they are given up.
    private static let flushTimeout = Duration.seconds(8)

    let loop: any EventLoop
    private let group: MultiThreadedEventLoopGroup
    private let producer: KafkaProducer
    private let pipeline: NIOLoopBoundBox<EventPipeline>
    private let users = LoopUsers()

    /// Starts the loop's thread: `run` must follow, which ends it.
    init(_ configuration: EventPipeline.Configuration, metrics: BridgeMetrics, clock: WallClock, logger: Logger) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = group.next()
        producer = configuration.producer
        pipeline = NIOLoopBoundBox.makeBoxSendingValue(
            EventPipeline(configuration, metrics: metrics, clock: clock, logger: logger), eventLoop: loop)
    }

    /// Serves until graceful shutdown and until nobody uses the loop, then waits for the records in flight.
    func run() async throws {
        do {
            let reports = try await DeliveryReports.serve(producer, on: loop)
            try? await gracefulShutdown()
            // The order of services holds for a graceful shutdown alone: when one of them fails, all others are
            // cancelled at once, and what waits for a loop that has ended waits for ever.
            await users.close()
            await producer.close(flushTimeout: Self.flushTimeout)
            await reports.close()
            try await group.shutdownGracefully()
        } catch {
            users.refuse()
            throw error
        }
    }

    /// Keeps the loop from ending until the body returns.
    ///
    /// - Throws: what the body throws; `CancellationError` when the loop is about to end.
    func use<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        guard users.enter() else { throw CancellationError() }
        defer { users.leave() }
        return try await body()
    }

    /// Does something on the loop, unless that is about to end.
    func execute(_ body: @escaping @Sendable () -> Void) {
        guard users.enter() else { return }
        defer { users.leave() }
        loop.execute(body)
    }

    /// Does something with the pipeline on its loop.
    ///
    /// - Throws: what the body throws; `CancellationError` when the loop is about to end.
    func withPipeline<Result: Sendable>(
        _ body: @escaping @Sendable (EventPipeline) throws -> Result
    ) async throws -> Result {
        let pipeline = pipeline
        return try await use { try await loop.submit { try body(pipeline.value) }.get() }
    }

    /// The pipeline, for a caller on the loop.
    var onLoop: EventPipeline { pipeline.value }
}
