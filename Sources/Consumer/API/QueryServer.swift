import EventContract
import Logging
import ServiceLifecycle
import ServiceRuntime

/// The listener of the query API.
struct QueryServer: Service {
    private let tls: ListenerTLS?
    private let service: HTTPService<QueryResponder>

    /// - Throws: `TLSFileError` for a certificate that has changed since the settings were read.
    init(
        _ configuration: ConsumerConfiguration, freshness: Freshness, metrics: MetricsRegistry, logger: Logger
    ) throws(TLSFileError) {
        let readers = { (names: [String]) in
            QueryReaders(
                names: names, location: configuration.state, groupsKey: configuration.groupsMetadataKey, logger: logger)
        }
        let files = configuration.query.tls
        tls =
            if let files {
                try ListenerTLS(files, listener: "query", metrics: metrics, logger: logger)
            } else {
                nil
            }
        service = HTTPService(
            name: "query listener", address: configuration.query.listen, setting: SettingDefinition.consumerListen.name,
            responder: QueryResponder(
                token: configuration.query.token, freshness: freshness, quick: readers(["query-1", "query-2"]),
                lists: readers(["query-list"]), metrics: QueryMetrics(metrics)),
            logger: logger, message: "Listening for queries", tls: tls)
    }

    /// The address with the port that is in use; `nil` before it listens.
    var boundAddress: SocketAddress? { service.boundAddress }

    func run() async throws {
        guard let tls else { return try await service.run() }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await tls.run() }
            try await service.run()
            tasks.cancelAll()
        }
    }
}
