import CRdKafka

/// Why a record was not acknowledged. Branch on `disposition`, not on the cases.
public enum PublishError: Error, Equatable, Sendable {
    /// The client's bounded queue is full; the record was not accepted.
    case queueFull
    /// The record is larger than the client or the topic allows.
    case recordTooLarge
    /// Not acknowledged within `message.timeout.ms`. The record may have been written.
    case timedOut
    /// No broker that could take the record, or too few replicas in sync.
    case brokerUnavailable
    case topicMissing
    case notAuthorized
    /// The broker's own check of the record failed (a policy, a timestamp).
    case recordRefused
    /// Another producer took over this one's identity.
    case fenced
    /// The client met an error it cannot recover from.
    case clientFatal
    /// Given up while closing. The record may have been written.
    case purged
    /// The producer is closed; the record was not accepted.
    case closed
    /// Any other code of librdkafka.
    case other(code: Int32)

    package var disposition: Disposition {
        switch self {
        case .queueFull, .timedOut, .brokerUnavailable, .topicMissing, .notAuthorized, .purged, .other: .retry
        case .recordTooLarge, .recordRefused: .reject
        case .fenced, .clientFatal, .closed: .stop
        }
    }

    init(_ code: rd_kafka_resp_err_t) {
        self =
            switch code {
            case RD_KAFKA_RESP_ERR__QUEUE_FULL: .queueFull
            case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: .recordTooLarge
            case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT,
                RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
                .timedOut
            case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
                RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
                RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
                .brokerUnavailable
            case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
                .topicMissing
            case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
                .notAuthorized
            case RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
                RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR__INVALID_ARG:
                .recordRefused
            case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
                RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
                .fenced
            case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER: .clientFatal
            case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT: .purged
            case RD_KAFKA_RESP_ERR__DESTROY: .closed
            default: .other(code: code.rawValue)
            }
    }
}

extension PublishError: CustomStringConvertible {
    /// librdkafka's words for it.
    public var description: String { errorText(code) }

    private var code: rd_kafka_resp_err_t {
        switch self {
        case .queueFull: RD_KAFKA_RESP_ERR__QUEUE_FULL
        case .recordTooLarge: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
        case .timedOut: RD_KAFKA_RESP_ERR__MSG_TIMED_OUT
        case .brokerUnavailable: RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE
        case .topicMissing: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
        case .notAuthorized: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
        case .recordRefused: RD_KAFKA_RESP_ERR_INVALID_RECORD
        case .fenced: RD_KAFKA_RESP_ERR__FENCED
        case .clientFatal: RD_KAFKA_RESP_ERR__FATAL
        case .purged: RD_KAFKA_RESP_ERR__PURGE_QUEUE
        case .closed: RD_KAFKA_RESP_ERR__DESTROY
        case .other(let code): rd_kafka_resp_err_t(rawValue: code)
        }
    }
}
