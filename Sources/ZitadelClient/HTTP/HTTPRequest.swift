/// One request of `HTTPTransport`. Its headers can hold secrets: never to be printed.
struct HTTPRequest: Sendable {
    enum Method: String {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    var method: Method
    /// `http` or `https`.
    var url: String
    /// Complete lines, such as `content-type: application/json`.
    var headers: [String] = []
    var body: [UInt8] = []
    /// For all of it, the wait for a free connection included.
    var timeoutMilliseconds: Int
    /// Bytes.
    var answerSizeMax: Int
    /// May be sent a second time when it is not known whether the first one was served.
    var isRepeatable = true
}

struct HTTPResponse: Sendable {
    let status: Int
    let body: [UInt8]
    /// The `Date` header, in seconds since 1970.
    let date: Int64?
    /// When the first byte came, by our clock, in microseconds since 1970.
    let firstByteAt: Int64
    /// Seconds; libcurl reads both forms of `Retry-After`.
    let retryAfter: Int?
}

/// Why a request has no response.
struct HTTPFailure: Error, Hashable {
    enum Kind: Hashable {
        /// Name resolution, connection, TLS, time-out, an answer that ended early.
        case transport
        /// The answer is larger than the request allows.
        case tooLarge
        /// The transport's queue is full.
        case busy
        /// The task was cancelled or the transport closed.
        case cancelled
    }

    let kind: Kind
    /// libcurl's words, or ours.
    let reason: String
    /// Of an answer that could not be read to its end.
    var status: Int?
    /// Bytes of the request may have reached the server.
    var wasSent: Bool

    static let cancelled = HTTPFailure(kind: .cancelled, reason: "cancelled", wasSent: true)
    static let busy = HTTPFailure(kind: .busy, reason: "too many requests wait for a connection", wasSent: false)
}
