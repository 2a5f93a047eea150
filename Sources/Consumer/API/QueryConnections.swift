import Glibc
import NIOCore
import ServiceRuntime

/// What the connections of one loop of the query listener share. Confined to that loop.
final class QueryConnections {
    /// More connections than these are closed as they come. The loops take new ones in turn.
    static let connectionsMax = 512
    /// Of a body that is read and dropped.
    static let bodySizeMax = 64 << 10
    static let requestTimeMax = TimeAmount.seconds(10)
    static let idleTimeMax = TimeAmount.seconds(60)

    let responder: QueryResponder
    private(set) var isDraining = false
    private let metrics: QueryMetrics
    private let clock: WallClock
    private var connections: [ObjectIdentifier: QueryConnection] = [:]
    private var drained: EventLoopPromise<Void>?
    /// The `Date` header of this second.
    private var date = (second: Int64.min, text: "")
    /// The newest `X-State-As-Of` header.
    private var asOf = (time: Int64.min, text: "")

    init(_ responder: QueryResponder, metrics: QueryMetrics, clock: WallClock) {
        self.responder = responder
        self.metrics = metrics
        self.clock = clock
    }

    /// - Returns: false when there are too many connections already.
    func opened(_ connection: QueryConnection) -> Bool {
        guard connections.count < Self.connectionsMax, !isDraining else { return false }
        connections[ObjectIdentifier(connection)] = connection
        return true
    }

    func closed(_ connection: QueryConnection) {
        connections[ObjectIdentifier(connection)] = nil
        if connections.isEmpty { drained?.succeed() }
    }

    func closeOverdue(now: NIODeadline) {
        for connection in connections.values where connection.isOverdue(now: now) { connection.close() }
    }

    /// Closes each connection once it owes no answer.
    func drain(on loop: any EventLoop) -> EventLoopFuture<Void> {
        isDraining = true
        let promise = loop.makePromise(of: Void.self)
        drained = promise
        for connection in connections.values { connection.closeIfIdle() }
        if connections.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    func count(_ response: QueryResponse, took time: TimeAmount) {
        metrics.requests[response.outcome].increment()
        metrics.duration.observe(time.nanoseconds / 1000)
    }

    func encode(_ response: QueryResponse, closing: Bool) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: Self.headSizeExpected + response.body.count)
        buffer.writeString("HTTP/1.1 \(response.status) ")
        buffer.writeString(response.phrase)
        for (name, value) in response.headers { Self.write(name, value, to: &buffer) }
        if let asOf = response.asOf { Self.write("X-State-As-Of", text(asOf: asOf), to: &buffer) }
        // Not with 304: it would be that of the answer which is not sent (RFC 9110, 8.6).
        if response.status != 304 { Self.write("Content-Length", String(response.body.count), to: &buffer) }
        if closing { Self.write("Connection", "close", to: &buffer) }
        Self.write("Date", dateText(), to: &buffer)
        buffer.writeStaticString("\r\n\r\n")
        buffer.writeBytes(response.body)
        return buffer
    }

    private static let headSizeExpected = 320

    private static func write(_ name: String, _ value: String, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("\r\n")
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
    }

    /// Many answers in a row are of the same moment.
    private func text(asOf time: Int64) -> String {
        if time != asOf.time { asOf = (time, WallClock.rfc3339(time)) }
        return asOf.text
    }

    private func dateText() -> String {
        let second = clock.microseconds() / 1_000_000
        if second != date.second { date = (second, Self.httpDate(second)) }
        return date.text
    }

    /// RFC 9110, 5.6.7, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func httpDate(_ second: Int64) -> String {
        var (time, parts) = (time_t(second), tm())
        gmtime_r(&time, &parts)
        let two = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clockTime = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(day), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) \(clockTime) GMT"
    }
}
