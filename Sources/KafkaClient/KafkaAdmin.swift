import CRdKafka
package import Logging

/// How a topic came to be there, or why it is not.
package enum TopicOutcome: Sendable, Equatable {
    /// It was there before, and was left as it is.
    case exists(partitions: Int)
    case created
    /// The brokers do not create topics on request but made it by themselves, with their own settings.
    case leftToAutoCreation(reason: String)
    case notCreatable(reason: String)
}

/// A topic as the brokers have it.
package struct TopicDescription: Sendable, Equatable {
    package let partitions: Int
    package let replicationFactor: Int
    /// Settings by name; nil where the brokers do not tell.
    package let configuration: [String: String]?
}

/// Creates and describes topics, over the connections of a producer. An existing topic is never changed.
///
/// Every call blocks a thread of its own, never the cooperative pool.
package struct KafkaAdmin: Sendable {
    /// Brokers that know the request answer in milliseconds; those that do not (the mock cluster) never do.
    private static let requestTimeoutMax = Duration.seconds(5)

    private let handle: KafkaHandle
    private let logger: Logger

    /// - Parameter handle: of a producer.
    package init(_ handle: KafkaHandle, logger: Logger) {
        self.handle = handle
        self.logger = logger
    }

    /// Makes sure the topic is there.
    ///
    /// - Parameters:
    ///   - replicationFactor: -1 for the brokers' own default.
    ///   - timeout: for each question to the brokers; there are at most three.
    ///   - known: why it could not be created the last time; the same is not logged again.
    package func ensureTopic(
        _ name: String, partitions: Int32, replicationFactor: Int32 = -1, config: [(String, String)] = [],
        timeout: Duration, known: String? = nil
    ) async throws(KafkaAdminError) -> TopicOutcome {
        let wanted = NewTopic(
            name: name, partitions: partitions, replicationFactor: replicationFactor, configuration: config)
        let result = await NamedThread.run("kafka-admin") { [self] in
            Result { () throws(KafkaAdminError) in try ensure(wanted, timeout) }
        }
        let outcome = try result.get()
        if known == nil || outcome != .notCreatable(reason: known ?? "") { log(outcome, name) }
        return outcome
    }

    /// - Returns: nil when there is no such topic.
    package func describeTopic(
        _ name: String, timeout: Duration
    ) async throws(KafkaAdminError) -> TopicDescription? {
        let result = await NamedThread.run("kafka-admin") { [self] in
            Result { () throws(KafkaAdminError) in try describe(name, timeout) }
        }
        return try result.get()
    }

    /// Compares a topic with what was wanted.
    ///
    /// - Returns: nil when there is no such topic.
    package func review(_ wanted: WantedTopic, timeout: Duration) async throws(KafkaAdminError) -> TopicReview? {
        guard let found = try await describeTopic(wanted.name, timeout: timeout) else { return nil }
        return TopicReview(description: found, problems: found.problems(for: wanted))
    }

    private func ensure(_ topic: NewTopic, _ timeout: Duration) throws(KafkaAdminError) -> TopicOutcome {
        if let partitions = try partitions(of: topic.name, timeout) { return .exists(partitions: partitions) }
        switch create(topic, min(timeout, Self.requestTimeoutMax)) {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return .created
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
            return .exists(partitions: try partitions(of: topic.name, timeout) ?? Int(topic.partitions))
        case let code where code.isUnsupported || code.isUnanswered:
            // Brokers that were only slow would create it with settings of their own.
            guard code.isUnsupported || handle.isOfMockCluster(timeout: timeout) else {
                throw .brokerUnavailable(reason: "CreateTopics: \(errorText(code))")
            }
            return try leaveToAutoCreation(topic.name, code, timeout)
        case let code: return .notCreatable(reason: errorText(code))
        }
    }

    private func partitions(of name: String, _ timeout: Duration) throws(KafkaAdminError) -> Int? {
        switch TopicMetadata.askWithoutCreating(handle, for: name, timeout: timeout) {
        case .found(let partitions, _, _): return partitions
        case .missing: return nil
        case .notAnswered(.notAuthorized): throw .notAuthorized(topic: name)
        case .notAnswered(let error): throw .brokerUnavailable(reason: error.description)
        }
    }

    private func leaveToAutoCreation(
        _ name: String, _ code: rd_kafka_resp_err_t, _ timeout: Duration
    ) throws(KafkaAdminError) -> TopicOutcome {
        let reason = "CreateTopics: \(errorText(code))"
        let deadline = ContinuousClock.now + timeout
        repeat {
            switch TopicMetadata.ask(handle, for: name, timeout: timeout) {
            case .found: return .leftToAutoCreation(reason: reason)
            case .notAnswered(.notAuthorized): throw .notAuthorized(topic: name)
            case .missing: return .notCreatable(reason: "\(reason); and the brokers did not create it by themselves")
            // A leader is still being chosen for the new topic.
            case .notAnswered: _ = ThreadSignal().wait(.milliseconds(100))
            }
        } while ContinuousClock.now < deadline
        throw .brokerUnavailable(reason: reason)
    }

    private func create(_ topic: NewTopic, _ timeout: Duration) -> rd_kafka_resp_err_t {
        var request = withText {
            rd_kafka_NewTopic_new(topic.name, topic.partitions, topic.replicationFactor, $0, $1)
        }.0
        guard request != nil else { return RD_KAFKA_RESP_ERR__INVALID_ARG }
        defer { rd_kafka_NewTopic_destroy(request) }
        for (name, value) in topic.configuration { rd_kafka_NewTopic_set_config(request, name, value) }
        let answer = AdminRequest(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout).send { client, options, queue in
            rd_kafka_CreateTopics(client, &request, 1, options, queue)
        }
        guard let answer else { return RD_KAFKA_RESP_ERR__TIMED_OUT }
        defer { rd_kafka_event_destroy(answer) }
        var count = 0
        let code = rd_kafka_event_error(answer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let result = rd_kafka_event_CreateTopics_result(answer),
            let topics = rd_kafka_CreateTopics_result_topics(result, &count), count == 1
        else { return code }
        return rd_kafka_topic_result_error(topics[0])
    }

    private func describe(_ name: String, _ timeout: Duration) throws(KafkaAdminError) -> TopicDescription? {
        switch TopicMetadata.askWithoutCreating(handle, for: name, timeout: timeout) {
        case .found(let partitions, let replicationFactor, _):
            return TopicDescription(
                partitions: partitions, replicationFactor: replicationFactor,
                configuration: configuration(of: name, min(timeout, Self.requestTimeoutMax)))
        case .missing: return nil
        case .notAnswered(.notAuthorized): throw .notAuthorized(topic: name)
        case .notAnswered(let error): throw .brokerUnavailable(reason: error.description)
        }
    }

    private func configuration(of name: String, _ timeout: Duration) -> [String: String]? {
        var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        let answer = AdminRequest(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout).send { client, options, queue in
            rd_kafka_DescribeConfigs(client, &resource, 1, options, queue)
        }
        guard let answer else { return nil }
        defer { rd_kafka_event_destroy(answer) }
        guard let entries = configurationEntries(of: answer) else {
            logger.info(
                "The brokers do not tell the topic's settings",
                metadata: [
                    KafkaLogKey.topic: "\(name)", KafkaLogKey.reason: "\(errorText(rd_kafka_event_error(answer)))",
                ])
            return nil
        }
        return entries
    }

    private func log(_ outcome: TopicOutcome, _ name: String) {
        let topic: Logger.MetadataValue = "\(name)"
        switch outcome {
        case .exists(let partitions):
            logger.debug(
                "Topic is there", metadata: [KafkaLogKey.topic: topic, KafkaLogKey.partitions: "\(partitions)"])
        case .created: logger.info("Topic created", metadata: [KafkaLogKey.topic: topic])
        case .leftToAutoCreation(let reason):
            logger.warning(
                "The brokers do not create topics on request and made this one with their own settings",
                metadata: [KafkaLogKey.topic: topic, KafkaLogKey.reason: "\(reason)"])
        case .notCreatable(let reason):
            logger.error(
                "Topic is missing and cannot be created: create it by hand",
                metadata: [KafkaLogKey.topic: topic, KafkaLogKey.reason: "\(reason)"])
        }
    }
}

private struct NewTopic: Sendable {
    let name: String
    let partitions: Int32
    let replicationFactor: Int32
    let configuration: [(String, String)]
}
