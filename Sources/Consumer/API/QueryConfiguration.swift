import ServiceRuntime

/// What the query API needs to know.
struct QueryConfiguration: Sendable {
    var listen: SocketAddress
    /// Nil for HTTP in the clear.
    var tls: TLSFiles?
    /// nil: whoever reaches the listener may ask.
    var token: BearerToken?
    /// Older than this the state is not told; nil: it always is.
    var stalenessMax: Duration?

    /// - Throws: `ConfigurationError` when others than this machine could ask without a token.
    init(_ settings: Settings) throws(ConfigurationError) {
        listen = settings.socketAddress(.consumerListen)
        tls = try TLSFiles(settings, certificate: .consumerTLSCertificateFile, key: .consumerTLSKeyFile)
        token = settings.optionalString(.consumerAPIToken).map { BearerToken($0) }
        stalenessMax = settings.optionalDuration(.consumerMaxStaleness)
        guard token != nil || listen.isLoopback else {
            throw ConfigurationError([
                settings.problem(
                    .consumerAPIToken,
                    "is required because \(SettingDefinition.consumerListen.name) (\(listen)) is no loopback address")
            ])
        }
    }
}
