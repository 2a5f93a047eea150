import EventContract

/// Why a question has no answer: the problem document of RFC 9457 that is sent instead.
enum QueryProblem: Error, Equatable {
    /// What is wrong with the request, naming the parameter.
    case badRequest(String)
    case unauthorized
    case noSuchResource
    /// The thing that is asked for is not in the state.
    case notFound(String)
    case methodNotAllowed
    /// Too many questions wait for their answer.
    case overloaded
    /// The state is older than is allowed.
    case stale
    /// The state cannot be read now.
    case unreadable

    var status: Int {
        switch self {
        case .badRequest: 400
        case .unauthorized: 401
        case .noSuchResource, .notFound: 404
        case .methodNotAllowed: 405
        case .overloaded, .stale, .unreadable: 503
        }
    }

    /// Seconds after which asking again may help.
    var retryAfter: Int? {
        switch self {
        case .overloaded: 1
        case .stale, .unreadable: 5
        case .badRequest, .unauthorized, .noSuchResource, .notFound, .methodNotAllowed: nil
        }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.member("{\"type\":\"about:blank\",\"title\":", UTF8Text(title))
        writer.literal(",\"status\":")
        writer.integer(Int64(status))
        writer.member(",\"detail\":", UTF8Text(detail))
        writer.literal("}")
        return writer.bytes
    }

    /// The phrase of the status, as RFC 9457 wants it for `about:blank`.
    var title: String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        default: "Service Unavailable"
        }
    }

    private var detail: String {
        switch self {
        case .badRequest(let reason), .notFound(let reason): reason
        case .unauthorized: "the header Authorization: Bearer with the token of this API is missing or wrong"
        case .noSuchResource: "there is no such resource"
        case .methodNotAllowed: "only GET is possible"
        case .overloaded: "too many requests wait for their answer"
        case .stale: "the state is older than CONSUMER_MAX_STALENESS allows"
        case .unreadable: "the state cannot be read now"
        }
    }
}
