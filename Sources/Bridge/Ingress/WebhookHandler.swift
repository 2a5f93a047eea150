import EventContract
import KafkaClient
import Logging
import NIOCore
import NIOHTTP1
import ServiceRuntime
import ZitadelClient

/// One connection of the webhook listener: reads a request, decides, and answers when Kafka has acknowledged.
///
/// The handler itself is the receiver of the delivery report, so a request in flight costs no object of its own. The
/// pipeline handler before it holds further requests back until the answer is written, so there is at most one.
final class WebhookHandler: DeliveryReceiver, ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        /// Reading the body of a request that may be an event.
        case reading
        /// Refused by its head or size; the rest is skipped.
        case refused
        /// Handed to Kafka's client, which owes a report.
        case waiting
        case closed
    }

    private let shared: WebhookContext
    private var channelContext: ChannelHandlerContext?
    private var state = State.idle
    private var body: ByteBuffer?
    private var signature: String?
    private var traceParent: String?
    private var keepsAlive = true
    private var stateSince = NIODeadline.now()
    private var submittedAt = NIODeadline.now()

    init(_ shared: WebhookContext) {
        self.shared = shared
    }

    // MARK: Connection

    func channelActive(context: ChannelHandlerContext) {
        channelContext = context
        guard shared.opened(self) else { return context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        channelContext = nil
        body = nil
        shared.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func close() {
        channelContext?.close(promise: nil)
    }

    func closeIfIdle() {
        if state == .idle { close() }
    }

    func isOverdue(now: NIODeadline, _ limits: WebhookLimits) -> Bool {
        switch state {
        case .idle: now - stateSince > limits.idleTimeout
        case .reading, .refused: now - stateSince > limits.requestTimeout
        // Bounded by the producer's message timeout.
        case .waiting, .closed: false
        }
    }

    // MARK: Request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let part): append(part, context)
        case .end: if state == .reading { decide() } else if state == .refused { state = .idle }
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        stateSince = .now()
        keepsAlive = head.isKeepAlive
        state = .reading
        body = nil
        var signatures = 0
        var size = 0
        var expectsContinue = false
        signature = nil
        traceParent = nil
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 17 where Self.isEqual(name, "zitadel-signature"):
                signatures += 1
                signature = value
            case 14 where Self.isEqual(name, "content-length"): size = Int(value) ?? .max
            case 11 where Self.isEqual(name, "traceparent"): traceParent = Self.validTraceParent(value)
            case 6 where Self.isEqual(name, "expect"): expectsContinue = true
            default: break
            }
        }
        // Which of two signatures was meant is not for us to guess.
        if signatures > 1 { signature = nil }
        guard Self.path(of: head.uri) == WebhookContext.path else { return refuse(.notFound) }
        guard head.method == .POST else { return refuse(.methodNotAllowed) }
        guard size <= shared.limits.bodySizeMax else { return refuse(.tooLarge) }
        if expectsContinue {
            context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
        }
    }

    private func append(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        guard state == .reading else { return }
        guard (body?.readableBytes ?? 0) + part.readableBytes <= shared.limits.bodySizeMax else {
            return refuse(.tooLarge)
        }
        if body == nil {
            body = part
        } else {
            body?.writeImmutableBuffer(part)
        }
    }

    /// Answers before the request has ended, and closes, because its rest would only be thrown away.
    private func refuse(_ answer: WebhookAnswer) {
        state = .refused
        keepsAlive = false
        write(answer)
    }

    // MARK: Decision

    private func decide() {
        let micros = shared.clock.microseconds()
        // The buffer's view pins the bytes that the event borrows.
        let answer = (body ?? ByteBuffer()).withUnsafeReadableBytes { bytes in
            decide(bytes, receivedAt: EventTime(microsecondsSinceEpoch: micros) ?? .epoch)
        }
        body = nil
        if let answer { finish(answer) }
    }

    /// - Returns: nil when the answer waits for Kafka.
    private func decide(_ body: UnsafeRawBufferPointer, receivedAt: EventTime) -> WebhookAnswer? {
        do throws(SignatureRejection) {
            try verify(body, receivedAt)
        } catch {
            shared.metrics.rejections[error].increment()
            shared.logger.debug("Request refused", metadata: [LogKey.reason: "\(error.rawValue)"])
            return .unauthorized
        }
        do throws(ZitadelEventError) {
            try shared.event.read(webhook: body, using: &shared.scanner)
        } catch {
            shared.metrics.outcomes[.malformed].increment()
            shared.logger.warning("Signed request is not an event", metadata: [LogKey.reason: "\(error)"])
            return .malformed
        }
        let delivery = EventPipeline.Delivery(path: "webhook", receivedAt: receivedAt, traceParent: traceParent)
        do throws(PublishError) {
            return answer(to: try shared.pipeline.submit(shared.event, delivery, receiver: self))
        } catch {
            return answer(to: error)
        }
    }

    private func verify(_ body: UnsafeRawBufferPointer, _ receivedAt: EventTime) throws(SignatureRejection) {
        let now = receivedAt.microsecondsSinceEpoch / 1_000_000
        guard var signature else { throw .notSigned }
        var rejection: SignatureRejection?
        signature.withUTF8 { header in
            do throws(SignatureRejection) {
                try shared.verifier.verify(body: body, header: UnsafeRawBufferPointer(header), now: now)
            } catch {
                rejection = error
            }
        }
        if let rejection { throw rejection }
    }

    private func answer(to submission: EventPipeline.Submission) -> WebhookAnswer? {
        switch submission {
        case .inFlight:
            state = .waiting
            submittedAt = .now()
            return nil
        case .withheld(let outcome): return counted(outcome, .accepted)
        case .wrongInstance: return counted(.wrongInstance, .wrongInstance)
        case .incomplete: return counted(.incomplete, .unavailable)
        case .unresolved: return counted(.unresolved, .unavailable)
        }
    }

    private func answer(to error: PublishError) -> WebhookAnswer {
        switch error.disposition {
        case .reject: counted(.kafkaRefused, .unavailable)
        case .retry, .stop: counted(.kafkaFailed, error == .queueFull ? .overloaded : .unavailable)
        }
    }

    private func counted(_ outcome: EventOutcome, _ answer: WebhookAnswer) -> WebhookAnswer {
        shared.metrics.outcomes[outcome].increment()
        return answer
    }

    // MARK: Answer

    /// The delivery report, on the event loop.
    override func recordDelivered(_ failure: PublishError?) {
        let duration = NIODeadline.now() - submittedAt
        shared.metrics.acknowledgement.observe(duration.nanoseconds / 1000)
        if let failure {
            shared.logger.warning("Event not published", metadata: [LogKey.reason: "\(failure)"])
            finish(answer(to: failure))
        } else {
            shared.metrics.published.increment()
            finish(.accepted)
        }
    }

    private func finish(_ answer: WebhookAnswer) {
        // The peer may be gone; its event was handled all the same.
        guard state != .closed else { return }
        state = .idle
        stateSince = .now()
        if shared.isDraining { keepsAlive = false }
        write(answer)
    }

    private func write(_ answer: WebhookAnswer) {
        shared.metrics.answers[answer]?.increment()
        guard let context = channelContext, var head = WebhookAnswer.heads[answer] else { return }
        if !keepsAlive { head.headers.add(name: "connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        guard keepsAlive else {
            let closing = context.eventLoop.makePromise(of: Void.self)
            closing.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: closing)
            return
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    // MARK: Header text

    /// Compares an HTTP name without case.
    private static func isEqual(_ name: String, _ lowerCase: StaticString) -> Bool {
        name.utf8.elementsEqual(lowerCase.bytes) { $0 | 0x20 == $1 || $0 == $1 }
    }

    private static func path(of uri: String) -> Substring {
        uri.prefix { $0 != "?" }
    }

    /// W3C Trace Context: `00-<32 hex>-<16 hex>-<2 hex>`. Anything else is not passed on.
    private static func validTraceParent(_ value: String) -> String? {
        let bytes = Array(value.utf8)
        guard bytes.count == 55 else { return nil }
        for (index, byte) in bytes.enumerated() {
            let isDash = byte == UInt8(ascii: "-")
            let isHexadecimal =
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            guard [2, 35, 52].contains(index) ? isDash : isHexadecimal else { return nil }
        }
        return value
    }
}
