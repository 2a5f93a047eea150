import CRdKafka

/// Owns one `rd_kafka_t` and destroys it once, after everything that points into it is gone.
///
/// Producer, consumer, topics and batches all hold it. librdkafka's handle is safe to use from any thread.
package final class KafkaHandle: @unchecked Sendable {
    let client: OpaquePointer
    private let keepsAlive: AnyObject?

    init(_ client: OpaquePointer, keepsAlive: AnyObject?) {
        self.client = client
        self.keepsAlive = keepsAlive
    }

    deinit {
        let end = ClientEnd(client: client, keepsAlive: keepsAlive)
        BlockingEnd.run("kafka-destroy") { end.run() }
    }

    /// The value in force of one of librdkafka's properties.
    func property(_ name: String) -> String? {
        var size = 0
        guard rd_kafka_conf_get(rd_kafka_conf(client), name, nil, &size) == RD_KAFKA_CONF_OK else { return nil }
        var text = [CChar](repeating: 0, count: size)
        guard rd_kafka_conf_get(rd_kafka_conf(client), name, &text, &size) == RD_KAFKA_CONF_OK else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the brokers are librdkafka's mock cluster, which does not do everything that brokers do.
    ///
    /// - Parameter timeout: how long to wait until a broker has said what it belongs to; false after that.
    func isOfMockCluster(timeout: Duration) -> Bool {
        guard let id = rd_kafka_clusterid(client, timeout.wholeMilliseconds) else { return false }
        defer { rd_kafka_mem_free(client, id) }
        return String(cString: id).hasPrefix("mockCluster")
    }
}

/// What is left of a handle: nobody else has it any more, so it may go to another thread.
private struct ClientEnd: @unchecked Sendable {
    let client: OpaquePointer
    let keepsAlive: AnyObject?

    func run() {
        // Waits for librdkafka's threads. Never runs on one of them: no callback of ours runs outside our own polls.
        rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        withExtendedLifetime(keepsAlive) {}
    }
}
