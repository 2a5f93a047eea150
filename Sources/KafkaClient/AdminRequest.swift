import CRdKafka

/// One request of librdkafka's admin API and the queue its answer comes to.
struct AdminRequest: ~Copyable {
    private let handle: KafkaHandle
    private let options: OpaquePointer
    private let queue: OpaquePointer
    private let timeout: Duration

    init(_ handle: KafkaHandle, _ operation: rd_kafka_admin_op_t, _ timeout: Duration) {
        self.handle = handle
        self.timeout = timeout
        options = rd_kafka_AdminOptions_new(handle.client, operation)
        queue = rd_kafka_queue_new(handle.client)
        let milliseconds = timeout.wholeMilliseconds
        _ = withText { [options] in rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, $0, $1) }
    }

    deinit {
        rd_kafka_queue_destroy(queue)
        rd_kafka_AdminOptions_destroy(options)
    }

    /// Sends it and blocks until the answer or a second after the timeout; the caller destroys the event.
    func send(_ request: (_ client: OpaquePointer, _ options: OpaquePointer, _ queue: OpaquePointer) -> Void)
        -> OpaquePointer?
    {
        request(handle.client, options, queue)
        return rd_kafka_queue_poll(queue, (timeout + .seconds(1)).wholeMilliseconds)
    }
}

/// The settings in the answer to a DescribeConfigs request for one topic; sensitive ones are left out.
func configurationEntries(of answer: OpaquePointer) -> [String: String]? {
    var count = 0
    guard rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR,
        let result = rd_kafka_event_DescribeConfigs_result(answer),
        let resources = rd_kafka_DescribeConfigs_result_resources(result, &count), count == 1,
        rd_kafka_ConfigResource_error(resources[0]) == RD_KAFKA_RESP_ERR_NO_ERROR,
        let entries = rd_kafka_ConfigResource_configs(resources[0], &count)
    else { return nil }
    var configuration: [String: String] = [:]
    for index in 0..<count {
        guard let name = rd_kafka_ConfigEntry_name(entries[index]),
            let value = rd_kafka_ConfigEntry_value(entries[index])
        else { continue }
        configuration[String(cString: name)] = String(cString: value)
    }
    return configuration
}

extension rd_kafka_resp_err_t {
    /// Whether the broker does not know the request.
    var isUnsupported: Bool {
        [RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION].contains(self)
    }

    /// Whether the broker has not answered the request in time, as the mock cluster never does.
    var isUnanswered: Bool {
        [
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR__TRANSPORT,
        ].contains(self)
    }
}
