import EventContract
import KafkaClient
import Logging
import NIOCore
import NIOHTTP1
import ServiceRuntime
import ZitadelClient

/// One connection of the webhook listener: reads a request, decides, and answers when Kafka has acknowledged.
///
/// The handler itself is the receiver of the delivery report, so a request in flight costs no object of its own. There
/// is at most one: what a peer sends before it has its answer is held back, and reading stops until then.
final class WebhookHandler: DeliveryReceiver, ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private enum State {
        case idle
        /// Reading the body of a request that may be an event.
        case reading
        /// The last answer is written; whatever else comes is skipped.
        case closing
        /// Handed to Kafka's client, which owes a report.
        case waiting
        case closed
    }

    private let shared: WebhookContext
    private var channelContext: ChannelHandlerContext?
    private var state = State.idle
    private var body: ByteBuffer?
    /// Bytes of the body, as counted among those of all connections.
    private var reserved = 0
    /// Parts of requests that came while one was in flight; bounded by what one read brings.
    private var heldBack: CircularBuffer<HTTPServerRequestPart> = []
    private var headers = WebhookHeaders()
    private var keepsAlive = true
    private var stateSince = NIODeadline.now()
    private var submittedAt = NIODeadline.now()
    /// Of the event in flight.
    private var inFlight: (id: PublishedIDs.Fingerprint, createdAt: EventTime)?

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
        dropBody()
        shared.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Behind a request in flight, the broken one gets no answer: the first answer would be taken for its own.
        guard error is HTTPParserError, state == .idle || state == .reading else { return context.close(promise: nil) }
        refuse(.badRequest)
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
        case .reading, .closing: now - stateSince > limits.requestTimeout
        // Bounded by the producer's message timeout.
        case .waiting, .closed: false
        }
    }

    // MARK: Request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard state != .waiting else { return holdBack(part, context) }
        read(part, context)
    }

    private func holdBack(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        if heldBack.isEmpty { _ = context.channel.setOption(.autoRead, value: false) }
        heldBack.append(part)
    }

    private func readHeldBack() {
        guard !heldBack.isEmpty, let context = channelContext else { return }
        while state != .waiting, let part = heldBack.popFirst() { read(part, context) }
        if heldBack.isEmpty { _ = context.channel.setOption(.autoRead, value: true) }
    }

    private func read(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(head, context)
        case .body(let part): append(part, context)
        case .end: if state == .reading { decide() }
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard state == .idle else { return }
        stateSince = .now()
        keepsAlive = head.isKeepAlive
        state = .reading
        headers = WebhookHeaders(head.headers)
        guard WebhookHeaders.path(of: head.uri) == WebhookContext.path else { return refuse(.notFound) }
        guard head.method == .POST else { return refuse(.methodNotAllowed) }
        guard headers.size <= shared.limits.bodySizeMax else { return refuse(.tooLarge) }
        // Nothing is kept in memory for a stranger who does not even claim to be Zitadel.
        guard headers.signature != nil else {
            shared.metrics.rejections[.notSigned].increment()
            return refuse(.unauthorized)
        }
        if headers.expectsContinue {
            context.writeAndFlush(wrapOutboundOut(WebhookAnswer.goOn), promise: nil)
        }
    }

    private func append(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        guard state == .reading else { return }
        guard (body?.readableBytes ?? 0) + part.readableBytes <= shared.limits.bodySizeMax else {
            return refuse(.tooLarge)
        }
        guard shared.reserve(part.readableBytes) else { return refuse(.overloaded) }
        reserved += part.readableBytes
        if body == nil {
            body = part
        } else {
            body?.writeImmutableBuffer(part)
        }
    }

    private func dropBody() {
        body = nil
        shared.release(reserved)
        reserved = 0
    }

    /// Answers before the request has ended, and closes, because its rest would only be thrown away.
    private func refuse(_ answer: WebhookAnswer) {
        state = .closing
        keepsAlive = false
        dropBody()
        write(answer)
    }

    // MARK: Decision

    private func decide() {
        let micros = shared.clock.microseconds()
        // The buffer's view pins the bytes that the event borrows.
        let answer = (body ?? ByteBuffer()).withUnsafeReadableBytes { bytes in
            decide(bytes, receivedAt: EventTime(microsecondsSinceEpoch: micros) ?? .epoch)
        }
        dropBody()
        if let answer { finish(answer) }
    }

    /// - Returns: nil when the answer waits for Kafka.
    private func decide(_ body: UnsafeRawBufferPointer, receivedAt: EventTime) -> WebhookAnswer? {
        guard shared.verifier.hasKeys else {
            shared.metrics.requestsWithoutKeys.increment()
            return .unavailable
        }
        do throws(SignatureRejection) {
            try verify(body, receivedAt)
        } catch {
            shared.metrics.rejections[error].increment()
            shared.logger.debug("Request refused", metadata: [LogKey.reason: "\(error.rawValue)"])
            if error == .noValidSignature { shared.signals.unknownKey() }
            return .unauthorized
        }
        do throws(ZitadelEventError) {
            try shared.event.read(webhook: body, using: &shared.scanner)
        } catch {
            shared.metrics.count(.malformed, .webhook)
            shared.logger.warning("Signed request is not an event", metadata: [LogKey.reason: "\(error)"])
            return .malformed
        }
        guard !shared.takesHintsOnly else { return refused(.incomplete, .incomplete) }
        let delivery = EventPipeline.Delivery(path: .webhook, receivedAt: receivedAt, traceParent: headers.traceParent)
        do throws(PublishError) {
            return answer(to: try shared.pipeline.submit(shared.event, delivery, receiver: self))
        } catch {
            return answer(to: error)
        }
    }

    private func verify(_ body: UnsafeRawBufferPointer, _ receivedAt: EventTime) throws(SignatureRejection) {
        let now = receivedAt.microsecondsSinceEpoch / 1_000_000
        guard var signature = headers.signature else { throw .notSigned }
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
        case .inFlight(let id):
            state = .waiting
            submittedAt = .now()
            inFlight = (id, shared.event.createdAt)
            shared.requestStarted()
            return nil
        case .duplicate: return counted(.duplicate, .accepted)
        case .withheld(let outcome): return counted(outcome, .accepted)
        case .wrongInstance: return counted(.wrongInstance, .wrongInstance)
        case .incomplete: return refused(.incomplete, .incomplete)
        case .unresolved: return refused(.unresolved, .unresolved)
        }
    }

    private func answer(to error: PublishError) -> WebhookAnswer {
        switch error.disposition {
        case .reject: refused(.kafkaRefused, .kafka)
        case .retry, .stop: refused(.kafkaFailed, .kafka, error == .queueFull ? .overloaded : .unavailable)
        }
    }

    private func counted(_ outcome: EventOutcome, _ answer: WebhookAnswer) -> WebhookAnswer {
        shared.metrics.count(outcome, .webhook)
        return answer
    }

    /// Zitadel will not send the event again, so polling has to.
    private func refused(
        _ outcome: EventOutcome, _ refusal: WebhookSignals.Refusal, _ answer: WebhookAnswer = .unavailable
    ) -> WebhookAnswer {
        shared.signals.refused(refusal)
        return counted(outcome, answer)
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
            if let inFlight {
                shared.pipeline.acknowledged(inFlight.id, createdAt: inFlight.createdAt, path: .webhook)
            }
            finish(.accepted)
        }
        shared.requestEnded()
        readHeldBack()
    }

    private func finish(_ answer: WebhookAnswer) {
        // The peer may be gone; its event was handled all the same.
        guard state != .closed else { return }
        if shared.isDraining { keepsAlive = false }
        state = keepsAlive ? .idle : .closing
        stateSince = .now()
        write(answer)
    }

    private func write(_ answer: WebhookAnswer) {
        shared.metrics.answers[answer.rawValue].increment()
        guard let context = channelContext else { return }
        let bytes = wrapOutboundOut(answer.bytes(closing: !keepsAlive))
        guard !keepsAlive else { return context.writeAndFlush(bytes, promise: nil) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(bytes, promise: written)
    }
}
