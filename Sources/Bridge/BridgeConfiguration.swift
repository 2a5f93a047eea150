import KafkaClient
import ServiceRuntime

/// What the bridge needs to know, read once at the start.
struct BridgeConfiguration: Sendable {
    /// Accepted signing keys. Never empty.
    var signingKeys: [String]
    /// The instance whose events are accepted; nil for that of the first verified event.
    var instanceID: String?
    var listen: SocketAddress
    var opsListen: SocketAddress
    /// Seconds of clock skew that a signature may have, in both directions.
    var signatureTolerance: Int64
    /// Largest accepted body, in bytes.
    var bodySizeMax: Int
    var metadataKeys: [String]
    var topic: String
    var kafka: KafkaConfiguration

    /// - Throws: `ConfigurationError` that names each key which is missing or wrong.
    init(_ settings: Settings) throws(ConfigurationError) {
        guard settings.list(.zitadelSigningKey).contains(where: { !$0.isEmpty }) else {
            throw ConfigurationError([
                settings.problem(
                    .zitadelSigningKey,
                    "is required: the signing key that Zitadel showed when the webhook target was created")
            ])
        }
        signingKeys = settings.list(.zitadelSigningKey)
        instanceID = settings.optionalString(.zitadelInstanceID)
        listen = settings.socketAddress(.bridgeListen)
        opsListen = settings.socketAddress(.bridgeOpsListen)
        signatureTolerance = settings.duration(.bridgeSignatureTolerance).components.seconds
        bodySizeMax = settings.byteSize(.bridgeMaxBody)
        metadataKeys = settings.list(.bridgeMetadataKeys)
        topic = settings.string(.kafkaTopic)
        kafka = KafkaConfiguration(
            bootstrapServers: settings.string(.kafkaBootstrapServers), clientID: "zitadel-bridge",
            properties: settings.kafkaProperties.map { ($0.name, $0.value) })
    }
}
