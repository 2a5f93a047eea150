import NIOCore
import NIOHTTP1
import ServiceRuntime

/// One connection of the query listener: one request after the other, answered in their order.
final class QueryConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let shared: QueryConnections
    private var channelContext: ChannelHandlerContext?
    private var head: HTTPRequestHead?
    /// Bytes of a body, which no resource here has.
    private var skippedBytes = 0
    /// The answer is made elsewhere. What comes meanwhile is held back, and reading stops.
    private var isWaiting = false
    private var isClosing = false
    private var heldBack: CircularBuffer<HTTPServerRequestPart> = []
    private var requestedAt = NIODeadline.now()
    /// The latest sign of life.
    private var activeAt = NIODeadline.now()

    init(_ shared: QueryConnections) {
        self.shared = shared
    }

    func channelActive(context: ChannelHandlerContext) {
        channelContext = context
        guard shared.opened(self) else { return context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        channelContext = nil
        shared.closed(self)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if isWaiting { heldBack.append(part) } else { take(part) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Behind a request that waits, the broken one gets no answer: the first answer would be taken for its own.
        guard error is HTTPParserError, !isWaiting, !isClosing else { return context.close(promise: nil) }
        write(QueryResponse(.badRequest("this is no HTTP/1.1")), closing: true)
    }

    /// Whether its time is over: for a request that is not complete, or for the next one.
    func isOverdue(now: NIODeadline) -> Bool {
        !isWaiting && now - activeAt > (head == nil ? QueryConnections.idleTimeMax : QueryConnections.requestTimeMax)
    }

    func close() { channelContext?.close(promise: nil) }

    func closeIfIdle() {
        if head == nil, !isWaiting { close() }
    }

    private func take(_ part: HTTPServerRequestPart) {
        guard !isClosing else { return }
        switch part {
        case .head(let head):
            self.head = head
            skippedBytes = 0
            requestedAt = .now()
            activeAt = requestedAt
        case .body(let bytes):
            skippedBytes += bytes.readableBytes
            guard skippedBytes > QueryConnections.bodySizeMax else { return }
            write(QueryResponse(.badRequest("a question has no body")), closing: true)
        case .end:
            guard let head else { return }
            answer(head)
        }
    }

    private func answer(_ head: HTTPRequestHead) {
        switch shared.responder.respond(to: head) {
        case .answered(let response): answered(response, to: head)
        case .asked(let query, let readers, let asOf):
            guard let context = channelContext else { return }
            isWaiting = true
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.makeFutureWithTask { await readers.answer(query, asOf: asOf) }.whenSuccess { answer in
                connection.value.waited(for: QueryResponse(answer, to: head), to: head)
            }
        }
    }

    private func waited(for response: QueryResponse, to head: HTTPRequestHead) {
        isWaiting = false
        answered(response, to: head)
        while !isWaiting, let part = heldBack.popFirst() { take(part) }
        if !isWaiting { channelContext?.channel.setOption(.autoRead, value: true).whenFailure { _ in } }
    }

    private func answered(_ response: QueryResponse, to head: HTTPRequestHead) {
        self.head = nil
        write(response, closing: !head.isKeepAlive || shared.isDraining)
    }

    private func write(_ response: QueryResponse, closing: Bool) {
        activeAt = .now()
        shared.count(response, took: activeAt - requestedAt)
        guard let context = channelContext else { return }
        isClosing = closing
        let written = context.writeAndFlush(wrapOutboundOut(shared.encode(response, closing: closing)))
        if closing { written.assumeIsolated().whenComplete { _ in self.close() } }
    }
}
