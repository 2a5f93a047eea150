import EventContract
import Logging
import NIOCore
import ServiceRuntime
import ZitadelClient

/// What the connections of the webhook listener share. Confined to its one event loop.
final class WebhookContext {
    static let path = "/webhook/zitadel-events"

    let limits: WebhookLimits
    let verifier: SignatureVerifier
    let pipeline: EventPipeline
    let metrics: BridgeMetrics
    let clock: WallClock
    let logger: Logger
    /// Scratch for the event being read; one request at a time is decided on the loop.
    var event = ZitadelEvent()
    var scanner = JSONScanner()
    private(set) var isDraining = false
    private var bufferedBytes = 0
    private var connections: [ObjectIdentifier: WebhookHandler] = [:]

    init(
        limits: WebhookLimits, verifier: SignatureVerifier, pipeline: EventPipeline, metrics: BridgeMetrics,
        clock: WallClock, logger: Logger
    ) {
        self.limits = limits
        self.verifier = verifier
        self.pipeline = pipeline
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

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

    /// Lets requests in flight end, and closes each connection once it has none.
    func drain() {
        isDraining = true
        for handler in connections.values { handler.closeIfIdle() }
    }

    /// Closes what is left.
    func closeAll() {
        for handler in connections.values { handler.close() }
    }
}
