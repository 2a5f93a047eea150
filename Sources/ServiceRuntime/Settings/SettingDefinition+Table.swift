/// Every setting there is: the configuration table of the documentation, in its order.
///
/// A setting without programs is known, so that one `.env` serves every program and version, but read by none.
extension SettingDefinition {
    package static let all: [SettingDefinition] = [
        .zitadelGRPCHost, .zitadelPAT, .zitadelWebhookEndpoint, .zitadelSigningKey, .zitadelInstanceHost,
        .zitadelInstanceID, .bridgeListen, .bridgeOpsListen, .bridgeTLSCertificateFile, .bridgeTLSKeyFile,
        .bridgeTargetName, .bridgePollInterval, .bridgePollOverlap,
        .bridgeSweepInterval, .bridgeSweepWindow, .bridgeSignatureTolerance, .bridgeMaxBody, .bridgeMetadataKeys,
        .bridgePayloadFields, .kafkaBootstrapServers, .kafkaTopic, .kafkaDLQTopic, .kafkaCursorTopic, .kafkaStateTopic,
        .kafkaGroupID, .stateURL, .consumerListen, .consumerOpsListen, .consumerTLSCertificateFile,
        .consumerTLSKeyFile, .consumerAPIToken, .consumerMaxStaleness, .consumerVacuumAfter,
        .consumerGroupsMetadataKey, .logLevel, .logFormat,
    ]

    // Zitadel.
    package static let zitadelGRPCHost = SettingDefinition(
        "ZITADEL_GRPC_HOST", kind: .url(schemes: ["https", "http"], schemeOptional: true), programs: [.bridge],
        meaning: "Zitadel API URL; https is assumed without a scheme")
    package static let zitadelPAT = SettingDefinition(
        "ZITADEL_PAT", secret: true, programs: [.bridge], meaning: "personal access token for registration and polling")
    package static let zitadelWebhookEndpoint = SettingDefinition(
        "ZITADEL_WEBHOOK_ENDPOINT", kind: .url(schemes: ["http", "https"]), programs: [.bridge],
        meaning: "URL Zitadel posts events to; unset means polling only")
    package static let zitadelSigningKey = SettingDefinition(
        "ZITADEL_SIGNING_KEY", secret: true, kind: .list(), programs: [.bridge],
        meaning: "signing key(s) of the webhook target, comma list")
    package static let zitadelInstanceHost = SettingDefinition(
        "ZITADEL_INSTANCE_HOST", programs: [.bridge], meaning: "sent as x-zitadel-instance-host to an internal address")
    package static let zitadelInstanceID = SettingDefinition(
        "ZITADEL_INSTANCE_ID", programs: [.bridge],
        meaning: "instance whose events are accepted; unset means that of the first verified event")

    // The bridge.
    package static let bridgeListen = SettingDefinition(
        "BRIDGE_LISTEN", default: "0.0.0.0:8094", kind: .address, programs: [.bridge], meaning: "webhook listener")
    package static let bridgeOpsListen = SettingDefinition(
        "BRIDGE_OPS_LISTEN", default: "0.0.0.0:9094", kind: .address, programs: [.bridge],
        meaning: "listener of /livez, /readyz, /metrics and /status")
    package static let bridgeTLSCertificateFile = SettingDefinition(
        "BRIDGE_TLS_CERTIFICATE_FILE", programs: [.bridge],
        meaning: "PEM file with the certificate chain of the webhook listener; unset means HTTP")
    package static let bridgeTLSKeyFile = SettingDefinition(
        "BRIDGE_TLS_KEY_FILE", programs: [.bridge], meaning: "PEM file with its private key, without a passphrase")
    package static let bridgeTargetName = SettingDefinition(
        "BRIDGE_TARGET_NAME", default: "zitadel-kafka-bridge", programs: [.bridge],
        meaning: "name of the bridge's target in Zitadel; bridges of one topic share it, others need their own")
    package static let bridgePollInterval = SettingDefinition(
        "BRIDGE_POLL_INTERVAL", default: "5m", kind: .duration(.seconds(1)...days(30)), programs: [.bridge],
        meaning: "time between two polls")
    package static let bridgePollOverlap = SettingDefinition(
        "BRIDGE_POLL_OVERLAP", default: "10m", kind: .duration(.zero...days(30)), programs: [.bridge],
        meaning: "how far back each poll reads again")
    package static let bridgeSweepInterval = SettingDefinition(
        "BRIDGE_SWEEP_INTERVAL", default: "24h", kind: .duration(.seconds(60)...days(365)), programs: [.bridge],
        meaning: "time between two deep polls against late commits")
    package static let bridgeSweepWindow = SettingDefinition(
        "BRIDGE_SWEEP_WINDOW", default: "48h", kind: .duration(.zero...days(365)), programs: [.bridge],
        meaning: "how far back a deep poll reads")
    package static let bridgeSignatureTolerance = SettingDefinition(
        "BRIDGE_SIGNATURE_TOLERANCE", default: "5m", kind: .duration(.seconds(1)...days(1)), programs: [.bridge],
        meaning: "clock skew of a signature, both directions")
    package static let bridgeMaxBody = SettingDefinition(
        "BRIDGE_MAX_BODY", default: "1MiB", kind: .byteSize(1024...(64 << 20)), programs: [.bridge],
        meaning: "largest webhook body; a larger one is answered 413")
    package static let bridgeMetadataKeys = SettingDefinition(
        "BRIDGE_METADATA_KEYS", default: "*", kind: .list(canBeEmpty: true), programs: [.bridge],
        meaning: "metadata keys that are forwarded, comma list; * all, empty none")
    package static let bridgePayloadFields = SettingDefinition(
        "BRIDGE_PAYLOAD_FIELDS", default: "all", kind: .choice(["all", "minimal"]), programs: [.bridge],
        meaning: "minimal: records without names, e-mail, phone, language and gender of persons")

    // Kafka.
    package static let kafkaBootstrapServers = SettingDefinition(
        "KAFKA_BOOTSTRAP_SERVERS", default: "127.0.0.1:9092", kind: .list(), programs: [.bridge, .consumer],
        meaning: "brokers to start from, comma list")
    package static let kafkaTopic = SettingDefinition(
        "KAFKA_TOPIC", default: "zitadel.events.v1", programs: [.bridge, .consumer], meaning: "topic of the events")
    package static let kafkaDLQTopic = SettingDefinition(
        "KAFKA_DLQ_TOPIC", default: "zitadel.events.v1.dlq", programs: [.consumer],
        meaning: "topic of the records that cannot be read")
    package static let kafkaCursorTopic = SettingDefinition(
        "KAFKA_CURSOR_TOPIC", default: "zitadel.bridge.cursor", programs: [.bridge], meaning: "topic of the poll cursor"
    )
    package static let kafkaStateTopic = SettingDefinition(
        "KAFKA_STATE_TOPIC", programs: [.consumer],
        meaning: "compacted topic with the current line of each user; unset means that none is published")
    package static let kafkaGroupID = SettingDefinition(
        "KAFKA_GROUP_ID", default: "zitadel-scope-management", programs: [.consumer], meaning: "consumer group")

    // The consumer.
    package static let stateURL = SettingDefinition(
        "STATE_URL", default: "sqlite://./scope-state.db", mayHoldPassword: true,
        kind: .url(schemes: ["sqlite", "postgresql"]),
        programs: [.consumer],
        meaning: "database of the state: sqlite://PATH or postgresql://user@host/database")
    package static let consumerListen = SettingDefinition(
        "CONSUMER_LISTEN", default: "127.0.0.1:8095", kind: .address, programs: [.consumer],
        meaning: "listener of the query API")
    package static let consumerOpsListen = SettingDefinition(
        "CONSUMER_OPS_LISTEN", default: "0.0.0.0:9095", kind: .address, programs: [.consumer],
        meaning: "listener of /livez, /readyz, /metrics and /status")
    package static let consumerTLSCertificateFile = SettingDefinition(
        "CONSUMER_TLS_CERTIFICATE_FILE", programs: [.consumer],
        meaning: "PEM file with the certificate chain of the query API; unset means HTTP")
    package static let consumerTLSKeyFile = SettingDefinition(
        "CONSUMER_TLS_KEY_FILE", programs: [.consumer], meaning: "PEM file with its private key, without a passphrase")
    package static let consumerAPIToken = SettingDefinition(
        "CONSUMER_API_TOKEN", secret: true, programs: [.consumer],
        meaning: "bearer token of the query API; required when its listener is not loopback")
    package static let consumerMaxStaleness = SettingDefinition(
        "CONSUMER_MAX_STALENESS", kind: .duration(.seconds(1)...days(30)), programs: [.consumer],
        meaning: "age of the state from which on the query API answers 503; unset means never")
    package static let consumerVacuumAfter = SettingDefinition(
        "CONSUMER_VACUUM_AFTER", default: "24h", kind: .duration(.seconds(1)...days(90)), programs: [.consumer],
        meaning: "how long after a removal an SQLite state's file is written anew, once nothing is to be applied")
    package static let consumerGroupsMetadataKey = SettingDefinition(
        "CONSUMER_GROUPS_METADATA_KEY", default: "groups", programs: [.consumer],
        meaning: "metadata key that holds the groups of a user")

    // Logs.
    package static let logLevel = SettingDefinition(
        "LOG_LEVEL", default: "info",
        kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
        programs: Set(Program.allCases), meaning: "least severe level that is logged")
    package static let logFormat = SettingDefinition(
        "LOG_FORMAT", default: "json", kind: .choice(["json", "text"]), programs: Set(Program.allCases),
        meaning: "form of a log line; text when standard error is a terminal")

    private static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
