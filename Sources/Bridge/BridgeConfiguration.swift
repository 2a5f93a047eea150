import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import ZitadelClient

/// What the bridge needs to know, read once at the start.
struct BridgeConfiguration: Sendable {
    /// Where Zitadel's API is and who we are there.
    struct Zitadel: Sendable {
        var api: ZitadelAPIConfiguration
        /// Where Zitadel is to post events; nil when we do not register.
        var endpoint: String?
        var targetName: String
    }

    struct Polling: Sendable {
        var interval: Duration
        var overlap: Duration
        var sweepInterval: Duration
        var sweepWindow: Duration
        /// Holds the cursor and elects the poller.
        var cursorTopic: String
    }

    var zitadel: Zitadel
    var polling: Polling
    /// Signing keys that are accepted whatever Zitadel's API tells; empty when they are learned there.
    var signingKeys: [String]
    /// The instance whose events are accepted; nil for the one that the API names, or that of the first event.
    var instanceID: String?
    var listen: SocketAddress
    /// Nil for HTTP in the clear.
    var tls: TLSFiles?
    var opsListen: SocketAddress
    /// Seconds of clock skew that a signature may have, in both directions.
    var signatureTolerance: Int64
    /// Largest accepted body, in bytes.
    var bodySizeMax: Int
    var metadataKeys: [String]
    var fields: PublishedFields
    var topic: String
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

    /// Whether webhooks can come: we register for them, or somebody else did and gave us the key.
    var receivesWebhooks: Bool { zitadel.endpoint != nil || !signingKeys.isEmpty }
    /// Whether lost webhooks can be found.
    var polls: Bool { zitadel.api.token != nil }

    /// - Throws: `ConfigurationError` that names each key which is missing or wrong.
    init(_ settings: Settings) throws(ConfigurationError) {
        try settings.require(.zitadelGRPCHost)
        zitadel = Zitadel(
            api: try ZitadelAPIConfiguration(settings),
            endpoint: settings.optionalString(.zitadelWebhookEndpoint), targetName: settings.string(.bridgeTargetName))
        polling = Polling(
            interval: settings.duration(.bridgePollInterval), overlap: settings.duration(.bridgePollOverlap),
            sweepInterval: settings.duration(.bridgeSweepInterval),
            sweepWindow: settings.duration(.bridgeSweepWindow), cursorTopic: settings.string(.kafkaCursorTopic))
        signingKeys = settings.list(.zitadelSigningKey).filter { !$0.isEmpty }
        instanceID = settings.optionalString(.zitadelInstanceID)
        listen = settings.socketAddress(.bridgeListen)
        tls = try TLSFiles(settings, certificate: .bridgeTLSCertificateFile, key: .bridgeTLSKeyFile)
        opsListen = settings.socketAddress(.bridgeOpsListen)
        signatureTolerance = settings.duration(.bridgeSignatureTolerance).components.seconds
        bodySizeMax = settings.byteSize(.bridgeMaxBody)
        metadataKeys = settings.list(.bridgeMetadataKeys)
        fields = PublishedFields(rawValue: settings.string(.bridgePayloadFields)) ?? .all
        topic = settings.string(.kafkaTopic)
        kafkaPasswordFile = settings.kafkaPasswordFile
        kafka = KafkaConfiguration(
            bootstrapServers: settings.string(.kafkaBootstrapServers), clientID: "zitadel-bridge",
            properties: settings.kafkaProperties.map { ($0.name, $0.value) },
            credentials: kafkaPasswordFile.map { KafkaCredentials(username: $0.username, password: $0.password) })
        try check(settings)
    }

    private func check(_ settings: Settings) throws(ConfigurationError) {
        guard !polls else { return }
        if zitadel.endpoint != nil, signingKeys.isEmpty {
            throw ConfigurationError([
                settings.problem(
                    .zitadelPAT,
                    "is required: without a token the bridge can neither register its webhook nor poll. For webhooks "
                        + "of a target that somebody else manages, set ZITADEL_SIGNING_KEY instead")
            ])
        }
        guard signingKeys.isEmpty else { return }
        throw ConfigurationError([
            settings.problem(
                .zitadelPAT,
                "is required: without a token the bridge cannot poll, and without ZITADEL_SIGNING_KEY it can receive "
                    + "no webhook either")
        ])
    }
}
