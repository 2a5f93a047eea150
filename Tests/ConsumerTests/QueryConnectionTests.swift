import EventContract
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import ServiceRuntime
import Testing

@testable import Consumer

@Suite("A connection of the query listener")
struct QueryConnectionTests {
    private let state: TemporaryState
    private let connections: QueryConnections

    init() throws {
        state = try TemporaryState()
        _ = try state.store()
        let freshness = Freshness(ProcessorStatus(), stalenessMax: nil, clock: .system)
        let answering = QueryAnswering(location: state.location, groupsKey: "groups", logger: Logger(label: "test"))
        let responder = QueryResponder(
            token: nil, freshness: freshness, here: answering, quick: QueryReaders([]), lists: QueryReaders([]))
        connections = QueryConnections(responder, metrics: QueryMetrics(MetricsRegistry()), clock: .system)
    }

    private func open() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: QueryConnection(connections))
        try channel.connect(to: NIOCore.SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private static let question = HTTPRequestHead(
        version: .http1_1, method: .GET, uri: "/v1/check?user=u1&project=p1&role=a")

    private func ask(_ channel: EmbeddedChannel) throws {
        try channel.writeInbound(HTTPServerRequestPart.head(Self.question))
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    private func answer(_ channel: EmbeddedChannel) throws -> String? {
        try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) }
    }

    /// What the connection has asked for last; the channel itself does not tell.
    private func isRead(_ channel: EmbeddedChannel) -> Bool? {
        channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
    }

    @Test("Who asks and never reads the answers is not read either, until they are gone")
    func noReader() throws {
        let channel = try open()
        try ask(channel)
        #expect(try answer(channel)?.hasSuffix("{\"allowed\":false}") == true)
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(isRead(channel) == false)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(isRead(channel) == true)
        try ask(channel)
        #expect(try answer(channel)?.hasPrefix("HTTP/1.1 200 OK\r\n") == true)
        _ = try channel.finish()
    }

    @Test("At shutdown a connection that owes nothing closes at once, half a request has its time and no more")
    func draining() throws {
        let (idle, half) = (try open(), try open())
        try half.writeInbound(HTTPServerRequestPart.head(Self.question))
        var isDrained = false
        connections.drain(on: idle.embeddedEventLoop).assumeIsolated().whenSuccess { isDrained = true }
        #expect(!idle.isActive && half.isActive && !isDrained)
        connections.closeOverdue(now: .now() + QueryConnections.requestTimeMax - .seconds(1))
        #expect(half.isActive && !isDrained)
        connections.closeOverdue(now: .now() + QueryConnections.requestTimeMax + .seconds(1))
        #expect(!half.isActive && isDrained)
    }

    @Test("While it shuts down, the answer to a request says that the connection ends, and it does")
    func lastAnswer() throws {
        let channel = try open()
        try channel.writeInbound(HTTPServerRequestPart.head(Self.question))
        _ = connections.drain(on: channel.embeddedEventLoop)
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
        #expect(try answer(channel)?.contains("\r\nConnection: close\r\n") == true)
        #expect(!channel.isActive)
    }

    @Test("Connections beyond the limit are closed as they come")
    func limit() throws {
        let open = try (0..<QueryConnections.connectionsMax).map { _ in try self.open() }
        #expect(try !self.open().isActive)
        open[0].close(promise: nil)
        #expect(try self.open().isActive)
        for channel in open.dropFirst() { channel.close(promise: nil) }
    }
}
