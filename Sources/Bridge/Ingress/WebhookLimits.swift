import NIOCore

/// Every bound of the webhook listener.
struct WebhookLimits: Sendable {
    /// Largest accepted body, in bytes.
    var bodySizeMax: Int
    /// Bytes of unfinished bodies that all connections together keep; 64 MiB, or one body where that is more.
    var bufferedSizeMax: Int { max(64 << 20, bodySizeMax) }
    /// Connections open at once; more are closed as they come.
    var connectionsMax = 1024
    /// Longest time from the first byte of a request to its last.
    var requestTimeout = TimeAmount.seconds(10)
    /// Longest time between two requests of a connection.
    var idleTimeout = TimeAmount.seconds(90)
}
