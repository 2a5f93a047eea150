import Hummingbird

/// A refusal of the API as Zitadel's REST gateway writes it (Zitadel, `internal/api/grpc/gerrors/zitadel_errors.go`).
struct GatewayError: Error, Sendable, Equatable {
    var status: Int
    /// The gRPC code.
    var code: Int
    var message: String
    /// Zitadel's id of the place, such as `COMMAND-17e8fq1ggk`; empty for refusals of the gateway itself.
    var id = ""
    /// Seconds, for `Retry-After`.
    var retryAfter: Int?

    static func invalid(_ message: String, id: String = "") -> GatewayError {
        GatewayError(status: 400, code: 3, message: message, id: id)
    }
    static func notFound(_ message: String, id: String = "") -> GatewayError {
        GatewayError(status: 404, code: 5, message: message, id: id)
    }
    static func exists(_ message: String, id: String) -> GatewayError {
        GatewayError(status: 409, code: 6, message: message, id: id)
    }
    static let unauthenticated = GatewayError(
        status: 401, code: 16, message: "Errors.Token.Invalid", id: "AUTH-7fs1e")
    static let denied = GatewayError(
        status: 403, code: 7, message: "No matching permissions found", id: "AUTH-5mWD2")

    static func status(_ status: Int, retryAfter: Int?) -> GatewayError {
        let (code, message) =
            switch status {
            case 429: (8, "resource exhausted")
            case 500: (13, "Errors.Internal")
            case 501: (12, "unimplemented")
            case 503: (14, "unavailable")
            case 504: (4, "context deadline exceeded")
            default: (2, "unknown")
            }
        return GatewayError(status: status, code: code, message: message, retryAfter: retryAfter)
    }

    var body: String {
        let text = id.isEmpty ? message : "\(message) (\(id))"
        var details = ""
        if !id.isEmpty {
            details =
                #"{"@type":"type.googleapis.com/zitadel.v1.ErrorDetail","id":"# + ProtobufJSON.string(id)
                + ",\"message\":" + ProtobufJSON.string(message) + "}"
        }
        return "{\"code\":\(code),\"message\":\(ProtobufJSON.string(text)),\"details\":[\(details)]}"
    }
}
