import EventContract
import KafkaClient
import ZitadelClient

/// Why a poll ended before it had read everything. What it published before stays published.
enum PollFailure: Error, Equatable, Sendable {
    /// Zitadel gave no usable answer.
    case zitadel(ZitadelAPIError)
    /// Kafka did not take a record or the cursor, for a reason that is not the record's.
    case kafka(PublishError)
    /// No longer elected, or shutting down.
    case cancelled

    /// The answer is not what the events search promises.
    static func badAnswer(_ reason: String) -> PollFailure {
        .zitadel(ZitadelAPIError(.malformedAnswer, message: "events search: \(reason)"))
    }

    init(_ error: ZitadelAPIError) {
        self = error.kind == .cancelled ? .cancelled : .zitadel(error)
    }

    /// A bounded word for metrics.
    var reason: StaticString {
        switch self {
        case .zitadel(let error): error.disposition == .unauthorized ? "unauthorized" : "zitadel"
        case .kafka: "kafka"
        case .cancelled: "cancelled"
        }
    }
}

extension PollFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .zitadel(let error): "Zitadel: \(error)"
        case .kafka(let error): "Kafka: \(error)"
        case .cancelled: "cancelled"
        }
    }
}
