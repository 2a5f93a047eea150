import CRdKafka
import Logging

/// What the consumer's callbacks share with it. They run inside the consumer's own calls, on its one thread.
final class ConsumerState {
    let logger: Logger
    let observer: (any KafkaObserver)?
    /// Whether each partition is read from its oldest record whenever it is assigned, whatever was committed.
    private let startsAtBeginning: Bool
    var assignment = Assignment()
    /// Set once the client is of no use any more.
    var fatal: KafkaConsumerError?

    init(_ logger: Logger, _ observer: (any KafkaObserver)?, startsAtBeginning: Bool) {
        self.logger = logger
        self.observer = observer
        self.startsAtBeginning = startsAtBeginning
    }

    /// Registers the callbacks. The client must keep this object alive.
    func register(with properties: OpaquePointer) {
        rd_kafka_conf_set_opaque(properties, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_rebalance_cb(properties) { client, code, partitions, opaque in
            ConsumerState.from(opaque).rebalance(client, code, partitions)
        }
        rd_kafka_conf_set_error_cb(properties) { client, code, reason, opaque in
            let text = reason.map { String(cString: $0) } ?? ""
            ConsumerState.from(opaque).clientError(client, rd_kafka_resp_err_t(rawValue: code), text)
        }
        rd_kafka_conf_set_stats_cb(properties) { _, json, _, opaque in
            if let json { ConsumerState.from(opaque).observer?.statistics(String(cString: json)) }
            return 0
        }
        rd_kafka_conf_set_log_cb(properties) { client, level, facility, text in
            ConsumerState.from(rd_kafka_opaque(client))
                .logger.librdkafka(level: level, facility: facility, text: text)
        }
    }

    private static func from(_ opaque: UnsafeMutableRawPointer?) -> ConsumerState {
        Unmanaged<ConsumerState>.fromOpaque(opaque!).takeUnretainedValue()
    }

    private func clientError(_ client: OpaquePointer?, _ code: rd_kafka_resp_err_t, _ reason: String) {
        let error = brokerError(code, reason: reason, client)
        if error.isFatal { fatal = .clientFatal(reason: error.reason) }
        report(error, logger, observer)
    }

    /// Takes note of a message that carries an error instead of a record.
    func messageFailed(_ message: rd_kafka_message_t) {
        if message.err == RD_KAFKA_RESP_ERR__FATAL { fatal = fatal ?? .clientFatal(reason: errorText(message.err)) }
        logger.warning(
            "The client could not read",
            metadata: [
                KafkaLogKey.partition: "\(message.partition)", KafkaLogKey.offset: "\(message.offset)",
                KafkaLogKey.code: "\(String(cString: rd_kafka_err2name(message.err)))",
            ])
    }

    /// Takes on or gives up partitions as the group says: incrementally with cooperative-sticky, all at once else.
    private func rebalance(
        _ client: OpaquePointer?, _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) {
        let partitions = list.map(TopicPartition.all) ?? []
        // nil while the client ends.
        let name: UnsafePointer<CChar>? = rd_kafka_rebalance_protocol(client)
        let isCooperative = name.map { String(cString: $0) } == "COOPERATIVE"
        switch code {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            if startsAtBeginning, let list {
                // Not OFFSET_BEGINNING: librdkafka asks for that before it knows the leader, and again after 500 ms.
                // Where the log begins later, auto.offset.reset finds its beginning.
                for index in 0..<Int(list.pointee.cnt) { list.pointee.elems[index].offset = 0 }
            }
            note(isCooperative ? rd_kafka_incremental_assign(client, list) : nil)
            if !isCooperative { rd_kafka_assign(client, list) }
            assignment.assigned(partitions)
            log("Partitions assigned", partitions)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            // Nothing is committed here: a batch is committed by its owner before it asks for the next one.
            assignment.revoked(partitions)
            log(rd_kafka_assignment_lost(client) != 0 ? "Partitions lost" : "Partitions revoked", partitions)
            note(isCooperative ? rd_kafka_incremental_unassign(client, list) : nil)
            if !isCooperative { rd_kafka_assign(client, nil) }
        default:
            assignment.revokedAll()
            rd_kafka_assign(client, nil)
            logger.warning("Rebalance failed", metadata: [KafkaLogKey.reason: "\(errorText(code))"])
        }
    }

    private func note(_ error: OpaquePointer?) {
        guard let error else { return }
        logger.error(
            "The assignment was not taken",
            metadata: [KafkaLogKey.reason: "\(String(cString: rd_kafka_error_string(error)))"])
        rd_kafka_error_destroy(error)
    }

    private func log(_ message: Logger.Message, _ partitions: [TopicPartition]) {
        let names = partitions.map { "\($0.topic)/\($0.partition)" }.joined(separator: " ")
        logger.info(message, metadata: [KafkaLogKey.partitions: "\(names)"])
    }
}

extension TopicPartition {
    static func all(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> [TopicPartition] {
        UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
            .map { TopicPartition(topic: String(cString: $0.topic), partition: $0.partition) }
    }
}
