/// Why the brokers could not be asked about a topic.
package enum KafkaAdminError: Error, Equatable {
    case brokerUnavailable(reason: String)
    case notAuthorized(topic: String)

    package var disposition: Disposition {
        switch self {
        case .brokerUnavailable: .retry
        case .notAuthorized: .stop
        }
    }
}

extension KafkaAdminError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .brokerUnavailable(let reason): "the brokers do not answer: \(reason)"
        case .notAuthorized(let topic): "not authorized for the topic `\(topic)`"
        }
    }
}
