import CMockSockets
import CRdKafka
import Glibc

/// librdkafka's mock cluster: brokers in this process, on loopback ports, that hold everything in memory.
///
/// Speaks enough of Kafka for producers and consumer groups; not for production. Linking this module also replaces
/// `accept`, `bind` and `getsockname` in the process (see `CMockSockets`).
package final class KafkaMockCluster: @unchecked Sendable {
    /// Kafka's numbers of the requests that tests make fail.
    package enum APIKey: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case metadata = 3
        case offsetCommit = 8
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case initProducerID = 22
    }

    /// Comma list of `127.0.0.1:port`.
    package let bootstrapServers: String
    /// Where the broker listens when it advertises another port; else 0.
    package let hiddenPort: Int32
    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// - Parameters:
    ///   - brokers: their ids are 1 to this.
    ///   - advertisedPort: what clients are told to connect to, for one broker behind a proxy; no other socket of the
    ///     process may ask for its port meanwhile.
    package init(brokers: Int32 = 1, advertisedPort: Int32? = nil) throws(KafkaMockClusterError) {
        let configuration = rd_kafka_conf_new()
        // The hosting client only keeps the books; it has no brokers of its own to complain about.
        rd_kafka_conf_set(configuration, "log_level", "3", nil, 0)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
            rd_kafka_conf_destroy(configuration)
            throw .notStarted
        }
        mock_sockets_advertise(advertisedPort ?? 0)
        defer { mock_sockets_advertise(0) }
        guard let cluster = rd_kafka_mock_cluster_new(client, brokers) else {
            rd_kafka_destroy(client)
            throw .notStarted
        }
        self.client = client
        self.cluster = cluster
        hiddenPort = advertisedPort == nil ? 0 : mock_sockets_hidden_port()
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        let end = ClusterEnd(client: client, cluster: cluster)
        // Takes up to a second, which a test's task would hold up all others for.
        if withUnsafeCurrentTask(body: { $0 != nil }) { end.runOnOwnThread() } else { end.run() }
    }

    /// Without this a topic gets 4 partitions when it is first named by a client.
    package func createTopic(_ name: String, partitions: Int32) throws(KafkaMockClusterError) {
        let code = rd_kafka_mock_topic_create(cluster, name, partitions, 1)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw .topicRefused(name, reason: String(cString: rd_kafka_err2str(code)))
        }
    }

    /// The next requests of this kind fail with these codes of Kafka's, in order; 0 lets one pass.
    ///
    /// -195 (`_TRANSPORT`) breaks the connection.
    package func pushErrors(_ api: APIKey, _ codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(cluster, api.rawValue, errors.count, errors)
    }

    package func clearErrors(_ api: APIKey) { rd_kafka_mock_clear_request_errors(cluster, api.rawValue) }

    /// Breaks the connections to a broker and takes no new ones, or takes them again.
    ///
    /// - Parameter id: -1 for all brokers.
    package func setBroker(_ id: Int32 = -1, up: Bool) {
        _ = up ? rd_kafka_mock_broker_set_up(cluster, id) : rd_kafka_mock_broker_set_down(cluster, id)
    }

    /// Delays every answer.
    package func setRoundTrip(milliseconds: Int32, broker id: Int32 = -1) {
        rd_kafka_mock_broker_set_rtt(cluster, id, milliseconds)
    }

    /// What metadata requests say of the topic; 0 for no error.
    package func setTopicError(_ topic: String, _ code: Int32) {
        rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(rawValue: code))
    }

    /// Makes a client of any kind fail for good, as after an error that librdkafka cannot recover from.
    ///
    /// - Parameter code: Kafka's, such as 45 for a broken sequence.
    package static func failForGood(_ client: OpaquePointer, code: Int32, reason: String) {
        rd_kafka_test_fatal_error(client, rd_kafka_resp_err_t(rawValue: code), reason)
    }

    /// Makes one broker the coordinator of a consumer group.
    package func setCoordinator(ofGroup group: String, broker id: Int32) {
        rd_kafka_mock_coordinator_set(cluster, "group", group, id)
    }

    /// Moves a partition to another broker.
    package func setLeader(_ topic: String, partition: Int32, broker id: Int32) {
        rd_kafka_mock_partition_set_leader(cluster, topic, partition, id)
    }
}

package enum KafkaMockClusterError: Error, Equatable {
    case notStarted
    case topicRefused(String, reason: String)
}

private final class ClusterEnd: @unchecked Sendable {
    private let client: OpaquePointer
    private let cluster: OpaquePointer

    init(client: OpaquePointer, cluster: OpaquePointer) {
        self.client = client
        self.cluster = cluster
    }

    func run() {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    func runOnOwnThread() {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<ClusterEnd>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "The system refuses another thread.")
        pthread_detach(thread)
    }
}
