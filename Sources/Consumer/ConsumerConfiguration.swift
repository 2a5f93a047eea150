import EventContract
import KafkaClient
import Logging
import ServiceRuntime

/// What the consumer needs to know, read once at the start.
struct ConsumerConfiguration: Sendable {
    var opsListen: SocketAddress
    var query: QueryConfiguration
    var state: StateLocation
    /// How long copies of what removals have emptied may stay in unused room of an SQLite state's file.
    var vacuumAfter: Duration
    var groupsMetadataKey: UTF8Text
    var topic: String
    var deadLetterTopic: String
    /// nil: there is no change stream.
    var stateTopic: String?
    var groupID: String
    var kafka: KafkaConfiguration
    /// Nil when the brokers' password cannot change.
    var kafkaPasswordFile: KafkaPasswordFile?

    /// Takes a replaced password of the brokers into use.
    func watchPassword(_ logger: Logger) -> SecretFile? {
        kafkaPasswordFile.map { [credentials = kafka.credentials] file in
            SecretFile(path: file.path, name: file.key, secret: file.password, logger: logger) {
                credentials?.replace(password: $0)
            }
        }
    }

    /// - Throws: `ConfigurationError` that names each key which is wrong.
    init(_ settings: Settings) throws(ConfigurationError) {
        opsListen = settings.socketAddress(.consumerOpsListen)
        query = try QueryConfiguration(settings)
        do throws(PostgresURL.Fault) {
            state = try StateLocation(url: settings.string(.stateURL))
        } catch {
            throw ConfigurationError([settings.problem(.stateURL, error.reason)])
        }
        vacuumAfter = settings.duration(.consumerVacuumAfter)
        groupsMetadataKey = UTF8Text(settings.string(.consumerGroupsMetadataKey))
        topic = settings.string(.kafkaTopic)
        deadLetterTopic = settings.string(.kafkaDLQTopic)
        stateTopic = settings.optionalString(.kafkaStateTopic)
        groupID = settings.string(.kafkaGroupID)
        if let stateTopic, [topic, deadLetterTopic].contains(stateTopic) {
            throw ConfigurationError([settings.problem(.kafkaStateTopic, "is the topic of other records")])
        }
        kafkaPasswordFile = settings.kafkaPasswordFile
        kafka = KafkaConfiguration(
            bootstrapServers: settings.string(.kafkaBootstrapServers), clientID: "zitadel-consumer",
            properties: settings.kafkaProperties.map { ($0.name, $0.value) },
            credentials: kafkaPasswordFile.map { KafkaCredentials(username: $0.username, password: $0.password) })
    }
}
