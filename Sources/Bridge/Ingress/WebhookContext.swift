import EventContract
import Logging
import NIOCore
import ServiceRuntime
import ZitadelClient

/// What the connections of the webhook listener share. Confined to its one event loop.
final class WebhookContext {
    static let path = "/webhook/zitadel-events"

    let limits: WebhookLimits
    /// Replaced when keys are learned; without a key nothing is verified.
    var verifier: SignatureVerifier
    /// Every event is incomplete: this version of Zitadel sends empty payloads, and only polling brings them.
    var takesHintsOnly = false
    let signals: WebhookSignals
    private let publishing: PublishLoop
    let metrics: BridgeMetrics
    let clock: WallClock
    let logger: Logger
    /// Scratch for the event being read; one request at a time is decided on the loop.
    var event = ZitadelEvent()
    var scanner = JSONScanner()
    private(set) var isDraining = false
    private var drained: EventLoopPromise<Void>?
    private var requestsInFlight = 0
    private var bufferedBytes = 0
    private var connections: [ObjectIdentifier: WebhookHandler] = [:]

    init(
        limits: WebhookLimits, verifier: SignatureVerifier, publishing: PublishLoop, signals: WebhookSignals,
        metrics: BridgeMetrics, clock: WallClock, logger: Logger
    ) {
        self.limits = limits
        self.verifier = verifier
        self.publishing = publishing
        self.signals = signals
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

    var pipeline: EventPipeline { publishing.onLoop }

    /// Counts bytes of a body that a connection is about to keep.
    ///
    /// - Returns: false when all connections together would keep too many.
    func reserve(_ bytes: Int) -> Bool {
        guard bufferedBytes + bytes <= limits.bufferedSizeMax else { return false }
        bufferedBytes += bytes
        return true
    }

    func release(_ bytes: Int) {
        bufferedBytes -= bytes
    }

    /// - Returns: false when there are too many connections already.
    func opened(_ handler: WebhookHandler) -> Bool {
        guard connections.count < limits.connectionsMax, !isDraining else {
            metrics.connectionsRefused.increment()
            return false
        }
        connections[ObjectIdentifier(handler)] = handler
        metrics.connections.set(Int64(connections.count))
        return true
    }

    func closed(_ handler: WebhookHandler) {
        connections[ObjectIdentifier(handler)] = nil
        metrics.connections.set(Int64(connections.count))
    }

    /// Closes connections whose request or idle time is over. Called every second or so.
    func closeOverdue(now: NIODeadline) {
        for handler in connections.values where handler.isOverdue(now: now, limits) {
            metrics.requestsTimedOut.increment()
            handler.close()
        }
    }

    /// A request was handed to Kafka's client.
    func requestStarted() {
        requestsInFlight += 1
    }

    /// It was answered.
    func requestEnded() {
        requestsInFlight -= 1
        if requestsInFlight == 0 { drained?.succeed() }
    }

    /// Lets requests in flight end, and closes each connection once it has none.
    ///
    /// - Returns: done when the last is answered; each is bounded by the producer's message timeout.
    func drain(on loop: any EventLoop) -> EventLoopFuture<Void> {
        isDraining = true
        for handler in connections.values { handler.closeIfIdle() }
        let promise = loop.makePromise(of: Void.self)
        drained = promise
        if requestsInFlight == 0 { promise.succeed() }
        return promise.futureResult
    }

    /// Closes what is left.
    func closeAll() {
        for handler in connections.values { handler.close() }
    }
}
