import EventContract
import Logging
import ServiceLifecycle
import ServiceRuntime

/// The listener of the query API.
struct QueryServer: Service {
    private let service: HTTPService<QueryResponder>

    init(
        _ configuration: ConsumerConfiguration, freshness: Freshness, metrics: MetricsRegistry, logger: Logger
    ) {
        let readers = { (names: [String]) in
            QueryReaders(
                names: names, location: configuration.state, groupsKey: configuration.groupsMetadataKey, logger: logger)
        }
        service = HTTPService(
            name: "query listener", address: configuration.query.listen, setting: SettingDefinition.consumerListen.name,
            responder: QueryResponder(
                token: configuration.query.token, freshness: freshness, quick: readers(["query-1", "query-2"]),
                lists: readers(["query-list"]), metrics: QueryMetrics(metrics)),
            logger: logger, message: "Listening for queries")
    }

    /// The address with the port that is in use; `nil` before it listens.
    var boundAddress: SocketAddress? { service.boundAddress }

    func run() async throws { try await service.run() }
}
