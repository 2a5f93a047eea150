import NIOHTTP1

/// What the webhook endpoint answers. No answer has a body: Zitadel ignores it, and strangers learn nothing.
enum WebhookAnswer: Hashable, CaseIterable {
    /// In the topic, or known to be of no interest.
    case accepted
    /// Not JSON, or not an event.
    case malformed
    /// The signature check failed.
    case unauthorized
    /// An event of another instance, or of none.
    case wrongInstance
    case notFound
    case methodNotAllowed
    case tooLarge
    /// The client's queue to Kafka is full.
    case overloaded
    /// Kafka did not acknowledge in time, or the event cannot be published now.
    case unavailable
    /// The request broke HTTP itself.
    case badRequest

    /// Seconds after which asking again may help. Zitadel never does; a proxy or a person might.
    private static let retryAfter = "5"

    var status: HTTPResponseStatus {
        switch self {
        case .accepted: .noContent
        case .malformed, .badRequest: .badRequest
        case .unauthorized: .unauthorized
        case .wrongInstance: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .tooLarge: .payloadTooLarge
        case .overloaded: .tooManyRequests
        case .unavailable: .serviceUnavailable
        }
    }

    var headers: HTTPHeaders {
        var headers = HTTPHeaders()
        if self != .accepted { headers.add(name: "content-length", value: "0") }
        switch self {
        case .methodNotAllowed: headers.add(name: "allow", value: "POST")
        case .overloaded, .unavailable: headers.add(name: "retry-after", value: Self.retryAfter)
        default: break
        }
        return headers
    }

    /// The response heads, made once: on the hot path they are only copied by reference.
    static let heads: [WebhookAnswer: HTTPResponseHead] = Dictionary(
        uniqueKeysWithValues: allCases.map { answer in
            (answer, HTTPResponseHead(version: .http1_1, status: answer.status, headers: answer.headers))
        })
}
