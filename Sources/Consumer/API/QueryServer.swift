import KafkaClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// The listener of the query API: SwiftNIO's HTTP/1 on loops of its own.
///
/// A quick question to a file is answered on its connection's loop: it takes less time than waking another thread.
/// There are two, so that one that waits for a core holds up half of the connections only. Lists, and every question to
/// PostgreSQL, which may keep an answer waiting, are answered by threads of their own.
final class QueryServer: Service {
    private let address: ServiceRuntime.SocketAddress
    private let tls: ListenerTLS?
    private static let loopCount = 2
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: loopCount)
    /// Those of each loop.
    private let connections: [NIOLoopBoundBox<QueryConnections>]
    private let logger: Logger
    private let port = Atomic<Int>(0)

    /// - Throws: `TLSFileError` for a certificate that has changed since the settings were read.
    init(
        _ configuration: ConsumerConfiguration, freshness: Freshness, metrics: MetricsRegistry,
        clock: WallClock = .system, logger: Logger
    ) throws(TLSFileError) {
        if let files = configuration.query.tls {
            tls = try ListenerTLS(files, listener: "query", metrics: metrics, logger: logger)
        } else {
            tls = nil
        }
        let readers = { (threads: [String]) in
            QueryReaders(
                threads.map {
                    QueryReader(
                        thread: $0, location: configuration.state, groupsKey: configuration.groupsMetadataKey,
                        logger: logger)
                })
        }
        let isFile = if case .sqlite = configuration.state { true } else { false }
        let (quick, lists) = (readers(isFile ? [] : ["query-1", "query-2"]), readers(["query-list"]))
        let queryMetrics = QueryMetrics(metrics)
        connections = group.makeIterator().map { loop in
            let here = QueryAnswering(
                location: configuration.state, groupsKey: configuration.groupsMetadataKey, logger: logger)
            let responder = QueryResponder(
                token: configuration.query.token, freshness: freshness, here: isFile ? here : nil, quick: quick,
                lists: lists)
            return NIOLoopBoundBox.makeBoxSendingValue(
                QueryConnections(responder, metrics: queryMetrics, clock: clock), eventLoop: loop)
        }
        address = configuration.query.listen
        self.logger = logger
    }

    /// The address with the port that is in use; `nil` before it listens.
    var boundAddress: ServiceRuntime.SocketAddress? {
        let port = port.load(ordering: .acquiring)
        return port == 0 ? nil : SocketAddress(host: address.host, port: port)
    }

    /// Listens until graceful shutdown; then answers the requests in flight.
    ///
    /// - Throws: `ListenError` when the address cannot be used.
    func run() async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { [tls] tasks in
                if let tls { tasks.addTask { try await tls.run() } }
                try await listen()
                tasks.cancelAll()
            }
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try? await group.shutdownGracefully()
    }

    private func listen() async throws {
        // Whoever asks waits; a batch that is being applied on the same core does not notice.
        for own in connections { own.eventLoop.execute { TimeSlice.preferShort() } }
        let channel: any Channel
        do {
            channel = try await bootstrap().bind(host: address.host, port: address.port).get()
        } catch {
            throw ListenError(
                name: "query listener", address: address, setting: SettingDefinition.consumerListen.name, error: error)
        }
        port.store(channel.localAddress?.port ?? address.port, ordering: .releasing)
        logger.info("Listening for queries", metadata: [LogKey.address: "\(boundAddress ?? address)"])
        let sweeps = connections.map { own in
            own.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
                own.value.closeOverdue(now: .now())
            }
        }
        try? await gracefulShutdown()
        try? await channel.close()
        let drained = connections.map { own in
            own.eventLoop.flatSubmit { own.value.drain(on: own.eventLoop) }
        }
        for loop in drained { try await loop.get() }
        // Until here: a request that never becomes complete ends by it, too.
        for sweep in sweeps { sweep.cancel() }
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [tls, connections] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let own = connections.first(where: { $0.eventLoop === channel.eventLoop }) else {
                        preconditionFailure("a connection belongs to a loop of the group")
                    }
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(tls.makeHandler()) }
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
                    try pipeline.addHandler(QueryConnection(own.value))
                }
            }
    }
}
