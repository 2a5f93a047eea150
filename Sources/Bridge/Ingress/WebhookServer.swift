import KafkaClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import ZitadelClient

/// The webhook listener: SwiftNIO's HTTP/1 on one event loop, which also serves the producer's delivery reports.
///
/// One loop decides, publishes and answers without a hop or a lock; a bridge that needs more runs more replicas.
final class WebhookServer: Service {
    private let address: ServiceRuntime.SocketAddress
    private let limits: WebhookLimits
    private let verifier: SignatureVerifier
    private let pipeline: EventPipeline.Configuration
    private let metrics: BridgeMetrics
    private let clock: WallClock
    private let logger: Logger
    private let listening = Mutex<Int?>(nil)

    init(
        address: ServiceRuntime.SocketAddress, limits: WebhookLimits, verifier: SignatureVerifier,
        pipeline: EventPipeline.Configuration, metrics: BridgeMetrics, clock: WallClock, logger: Logger
    ) {
        self.address = address
        self.limits = limits
        self.verifier = verifier
        self.pipeline = pipeline
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

    /// The port in use; nil before it listens.
    var boundPort: Int? { listening.withLock { $0 } }

    var readiness: ReadinessCheck {
        ReadinessCheck(name: "webhook") { [self] in
            boundPort == nil ? .notReady(reason: "not listening") : .ready
        }
    }

    /// Listens until graceful shutdown; then answers the requests in flight, flushes and closes the producer.
    ///
    /// - Throws: `ListenError` when the address cannot be used.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await serve(on: group.next())
            try await group.shutdownGracefully()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func serve(on loop: any EventLoop) async throws {
        let context = try await loop.submit { [self] in
            NIOLoopBound(
                WebhookContext(
                    limits: limits, verifier: verifier, pipeline: EventPipeline(pipeline, logger: logger),
                    metrics: metrics, clock: clock, logger: logger),
                eventLoop: loop)
        }.get()
        let reports = try await DeliveryReports.serve(pipeline.producer, on: loop)
        let channel: any Channel
        do {
            channel = try await listen(loop, context)
        } catch {
            await reports.close()
            throw ListenError(
                name: "webhook listener", address: address, setting: SettingDefinition.bridgeListen.name,
                reason: "\(error)")
        }
        listening.withLock { $0 = channel.localAddress?.port }
        logger.info("Listening for webhooks", metadata: [LogKey.address: "\(channel.localAddress?.description ?? "")"])
        let sweep = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            context.value.closeOverdue(now: .now())
        }
        try? await gracefulShutdown()
        sweep.cancel()
        listening.withLock { $0 = nil }
        try? await channel.close()
        try await drain(loop, context)
        await reports.close()
    }

    private func listen(
        _ loop: any EventLoop, _ context: NIOLoopBound<WebhookContext>
    ) async throws -> any Channel {
        try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // No response encoder: the answers are constant bytes. No pipelining handler: the handler keeps the
                    // order itself, without changing what is polled for on every request.
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
                    try pipeline.addHandler(WebhookHandler(context.value))
                }
            }
            .bind(host: address.host, port: address.port).get()
    }

    /// Waits for the requests in flight: each ends with its delivery report, which is bounded in time.
    private func drain(_ loop: any EventLoop, _ context: NIOLoopBound<WebhookContext>) async throws {
        try await loop.submit { context.value.drain() }.get()
        await pipeline.producer.close(flushTimeout: .seconds(8))
        // Behind the last report on the same loop, so its answer is written before the connection closes.
        try await loop.submit { context.value.closeAll() }.get()
    }
}
