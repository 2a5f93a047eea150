import CRdKafka

/// Why the consumer could not go on. Branch on `disposition`, not on the cases.
package enum KafkaConsumerError: Error, Equatable, Sendable {
    /// The client met an error it cannot recover from.
    case clientFatal(reason: String)
    /// The group is being rebalanced: partitions may have moved, and what was not committed comes again.
    case rebalancing
    /// The coordinator did not take the offsets; the next commit includes them.
    case notCommitted(reason: String)
    /// The assignment could not be rewound.
    case notRewound(reason: String)
    /// A record that was to be read is not there, or could not be read; the log says which.
    case notRead
    case closed

    package var disposition: Disposition {
        switch self {
        case .rebalancing, .notCommitted: .retry
        case .clientFatal, .notRewound, .notRead, .closed: .stop
        }
    }
}

extension KafkaConsumerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .clientFatal(let reason): "the client failed for good: \(reason)"
        case .rebalancing: "the group is being rebalanced"
        case .notCommitted(let reason): "offsets were not committed: \(reason)"
        case .notRewound(let reason): "the partitions could not be rewound: \(reason)"
        case .notRead: "a record could not be read: was it deleted meanwhile? The log names its partition"
        case .closed: "the consumer is closed"
        }
    }
}

extension KafkaConsumerError {
    /// Sorts the outcome of a commit.
    init(commit code: rd_kafka_resp_err_t) {
        self =
            switch code {
            case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
                RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
                .rebalancing
            case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
                .clientFatal(reason: errorText(code))
            default: .notCommitted(reason: errorText(code))
            }
    }
}
