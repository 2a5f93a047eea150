import NIOCore

/// Every bound of the webhook listener.
struct WebhookLimits: Sendable {
    /// Largest accepted body, in bytes.
    var bodySizeMax: Int
    /// Connections open at once; more are closed as they come. Each can hold one body of `bodySizeMax`.
    var connectionsMax = 1024
    /// Longest time from the first byte of a request to its last.
    var requestTimeout = TimeAmount.seconds(10)
    /// Longest time between two requests of a connection.
    var idleTimeout = TimeAmount.seconds(90)
}
