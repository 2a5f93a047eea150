/// How a client of ours reaches the brokers, and every librdkafka property the operator set.
package struct KafkaConfiguration: Sendable {
    /// Comma list of `host:port`.
    package var bootstrapServers: String
    /// What broker logs and quotas call this client.
    package var clientID: String
    /// librdkafka properties by their own names, such as `security.protocol`. They win over our defaults;
    /// one that would break a promise of ours, or that librdkafka refuses, stops the start.
    package var properties: [(name: String, value: String)]
    /// In place of `sasl.password` of the properties, when it can change.
    package var credentials: KafkaCredentials?

    package init(
        bootstrapServers: String, clientID: String, properties: [(name: String, value: String)] = [],
        credentials: KafkaCredentials? = nil
    ) {
        self.credentials = credentials
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.properties = properties
    }

    /// What an operator sets for the group that applies records, and what would break the reading of others: a static
    /// member keeps its partition when it leaves, and each member must join the same group by the same protocol.
    static let groupProperties: Set<String> = [
        "group.id", "group.instance.id", "group.protocol", "group.remote.assignor", "partition.assignment.strategy",
        "auto.offset.reset", "enable.partition.eof",
    ]

    /// The same without what the operator set for these properties.
    func leavingOut(_ names: Set<String>) -> KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: bootstrapServers, clientID: clientID,
            properties: properties.filter { !names.contains($0.name) }, credentials: credentials)
    }
}

/// Why a client cannot be built. Never carries the value of a property: it may be a secret.
package enum KafkaConfigurationError: Error, Equatable {
    case unknownProperty(String)
    case refusedValue(property: String)
    case breaksPromise(property: String, reason: String)
    /// Set, while the security protocol does not use it: what was meant to be safe is not.
    case withoutEffect(property: String, protocol: String)
    case refusedTopicName(String)
    /// librdkafka's own words on properties that do not fit together.
    case refusedClient(reason: String)
}

extension KafkaConfigurationError {
    /// The librdkafka property at fault, where it is one.
    package var property: String? {
        switch self {
        case .unknownProperty(let name), .refusedValue(let name), .breaksPromise(let name, _),
            .withoutEffect(let name, _):
            name
        case .refusedTopicName, .refusedClient: nil
        }
    }
}

extension KafkaConfigurationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownProperty(let name): "librdkafka has no property `\(name)`"
        case .refusedValue(let name): "librdkafka refuses the value of `\(name)`"
        case .breaksPromise(let name, let reason): "`\(name)` cannot have this value: \(reason)"
        case .withoutEffect(let name, let securityProtocol):
            "`\(name)` has no effect while `security.protocol` is \(securityProtocol)"
        case .refusedTopicName(let name): "`\(name)` is not a topic name"
        case .refusedClient(let reason): "librdkafka refuses the configuration: \(reason)"
        }
    }
}
