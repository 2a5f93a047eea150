import KafkaClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import ZitadelClient

/// The webhook listener: SwiftNIO's HTTP/1 on the event loop that also publishes.
///
/// One loop decides, publishes and answers without a hop or a lock; a bridge that needs more runs more replicas.
final class WebhookServer: Service {
    private let address: ServiceRuntime.SocketAddress
    private let publishing: PublishLoop
    private let context: NIOLoopBoundBox<WebhookContext>
    private let tls: ListenerTLS?
    private let tolerance: Int64
    private let logger: Logger
    private let listening = Mutex<Int?>(nil)

    /// - Parameters:
    ///   - keys: accepted from the start; `accept` replaces them.
    ///   - tls: run by its owner; nil means HTTP in the clear.
    ///   - tolerance: seconds that a signature may differ from our clock, both ways.
    init(
        address: ServiceRuntime.SocketAddress, tls: ListenerTLS? = nil, limits: WebhookLimits, keys: [String],
        tolerance: Int64,
        publishing: PublishLoop, signals: WebhookSignals, metrics: BridgeMetrics, clock: WallClock, logger: Logger
    ) {
        self.address = address
        self.tls = tls
        self.publishing = publishing
        self.tolerance = tolerance
        self.logger = logger
        context = NIOLoopBoundBox.makeBoxSendingValue(
            WebhookContext(
                limits: limits, verifier: SignatureVerifier(keys: keys, tolerance: tolerance), publishing: publishing,
                signals: signals, metrics: metrics, clock: clock, logger: logger),
            eventLoop: publishing.loop)
    }

    /// The port in use; nil before it listens.
    var boundPort: Int? { listening.withLock { $0 } }

    var readiness: ReadinessCheck {
        ReadinessCheck(name: "webhook") { [self] in
            boundPort == nil ? .notReady(reason: "not listening") : .ready
        }
    }

    /// Accepts these signing keys from now on, and no others.
    func accept(keys: [String]) {
        let verifier = SignatureVerifier(keys: keys, tolerance: tolerance)
        publishing.execute { [context] in context.value.verifier = verifier }
    }

    /// Refuses every event as incomplete from now on, or no longer.
    func takeHintsOnly(_ hintsOnly: Bool) {
        publishing.execute { [context] in context.value.takesHintsOnly = hintsOnly }
    }

    /// Listens until graceful shutdown; then answers the requests in flight.
    ///
    /// - Throws: `ListenError` when the address cannot be used.
    func run() async throws { try await publishing.use { try await serve() } }

    private func serve() async throws {
        let (loop, context) = (publishing.loop, context)
        let channel: any Channel
        do {
            channel = try await listen(loop, context)
        } catch {
            throw ListenError(
                name: "webhook listener", address: address, setting: SettingDefinition.bridgeListen.name, error: error)
        }
        listening.withLock { $0 = channel.localAddress?.port }
        let bound = SocketAddress(host: address.host, port: boundPort ?? address.port)
        logger.info("Listening for webhooks", metadata: [LogKey.address: "\(bound)"])
        let sweep = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            context.value.closeOverdue(now: .now())
        }
        try? await gracefulShutdown()
        sweep.cancel()
        listening.withLock { $0 = nil }
        try? await channel.close()
        try await loop.flatSubmit { context.value.drain(on: loop) }.get()
        // Behind the last report on the same loop, so its answer is written before the connection closes.
        try await loop.submit { context.value.closeAll() }.get()
    }

    private func listen(
        _ loop: any EventLoop, _ context: NIOLoopBoundBox<WebhookContext>
    ) async throws -> any Channel {
        try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
            .childChannelInitializer { [tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    // No response encoder: the answers are constant bytes. No pipelining handler: the handler keeps the
                    // order itself, without changing what is polled for on every request.
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(tls.makeHandler()) }
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
                    try pipeline.addHandler(WebhookHandler(context.value))
                }
            }
            .bind(host: address.host, port: address.port).get()
    }
}
