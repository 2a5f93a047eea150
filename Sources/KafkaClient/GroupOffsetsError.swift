/// Why a group's offsets could not be read or set. Branch on `disposition`, not on the cases.
package enum GroupOffsetsError: Error, Equatable {
    case brokersUnavailable(reason: String)
    case topicMissing(String)
    /// The group has members, which would go on where they are and commit over what was set.
    case groupActive(group: String, reason: String)
    case notSet(reason: String)
    /// The brokers do not find offsets by time, and reading the topic for them took too long.
    case timesUnknown

    package var disposition: Disposition {
        switch self {
        case .brokersUnavailable, .groupActive: .retry
        case .topicMissing, .notSet, .timesUnknown: .stop
        }
    }
}

extension GroupOffsetsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .brokersUnavailable(let reason): "the brokers do not answer: \(reason)"
        case .topicMissing(let topic): "there is no topic \(topic)"
        case .groupActive(let group, let reason):
            "the group \(group) is active (\(reason)): stop its consumers first. One that was killed counts until its "
                + "session ends, 10 s by default"
        case .notSet(let reason): "the brokers refuse the offsets: \(reason)"
        case .timesUnknown:
            "the brokers do not find offsets by time, and the topic is too long to be read for it: "
                + "name the offsets themselves"
        }
    }
}
