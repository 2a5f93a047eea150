import EventContract
import KafkaClient
import ServiceRuntime

/// What the consumer needs to know, read once at the start.
struct ConsumerConfiguration: Sendable {
    var opsListen: SocketAddress
    /// Path of the SQLite file.
    var statePath: String
    var groupsMetadataKey: UTF8Text
    var topic: String
    var deadLetterTopic: String
    var groupID: String
    var kafka: KafkaConfiguration

    /// - Throws: `ConfigurationError` that names each key which is wrong.
    init(_ settings: Settings) throws(ConfigurationError) {
        opsListen = settings.socketAddress(.consumerOpsListen)
        guard let path = Self.sqlitePath(settings.string(.stateURL)) else {
            throw ConfigurationError([
                settings.problem(
                    .stateURL, "must be sqlite://PATH, as in sqlite://./state.db or sqlite:///var/lib/zitadel/state.db")
            ])
        }
        statePath = path
        groupsMetadataKey = UTF8Text(settings.string(.consumerGroupsMetadataKey))
        topic = settings.string(.kafkaTopic)
        deadLetterTopic = settings.string(.kafkaDLQTopic)
        groupID = settings.string(.kafkaGroupID)
        kafka = KafkaConfiguration(
            bootstrapServers: settings.string(.kafkaBootstrapServers), clientID: "zitadel-consumer",
            properties: settings.kafkaProperties.map { ($0.name, $0.value) })
    }

    private static func sqlitePath(_ url: String) -> String? {
        let prefix = "sqlite://"
        guard url.hasPrefix(prefix), url.count > prefix.count else { return nil }
        return String(url.dropFirst(prefix.count))
    }
}
