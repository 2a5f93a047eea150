import NIOCore
import NIOHTTP1

/// What the webhook endpoint answers. No answer has a body: Zitadel ignores it, and strangers learn nothing.
enum WebhookAnswer: Int, CaseIterable {
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

    /// The interim answer to `Expect: 100-continue`.
    static let goOn = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")

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

    /// The whole response as bytes, made once: there is nothing in it that differs between two requests.
    ///
    /// - Parameter closing: says that the connection ends with it.
    func bytes(closing: Bool) -> ByteBuffer {
        (closing ? Self.closingBytes : Self.keepingBytes)[rawValue]
    }

    private static let keepingBytes = allCases.map { $0.encoded(closing: false) }
    private static let closingBytes = allCases.map { $0.encoded(closing: true) }

    private func encoded(closing: Bool) -> ByteBuffer {
        var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return ByteBuffer(string: text + (closing ? "connection: close\r\n\r\n" : "\r\n"))
    }
}
