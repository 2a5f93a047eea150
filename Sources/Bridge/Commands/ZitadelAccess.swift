import ServiceRuntime
import ZitadelClient

extension ZitadelAPIConfiguration {
    /// The API that the settings name.
    ///
    /// - Throws: `ConfigurationError` that names the key which is missing or wrong.
    init(_ settings: Settings) throws(ConfigurationError) {
        try settings.require(.zitadelGRPCHost)
        let baseURL: ZitadelBaseURL
        do throws(ZitadelBaseURL.Fault) {
            baseURL = try ZitadelBaseURL(settings.string(.zitadelGRPCHost))
        } catch {
            throw ConfigurationError([settings.problem(.zitadelGRPCHost, "\(error)")])
        }
        do throws(Fault) {
            try self.init(
                baseURL: baseURL, token: settings.optionalString(.zitadelPAT).map { SecretText($0) },
                instanceHost: settings.optionalString(.zitadelInstanceHost),
                userAgent: "zitadel-bridge/\(CommandRunner.version)")
        } catch {
            switch error {
            case .token: throw ConfigurationError([settings.problem(.zitadelPAT, "\(error)")])
            case .instanceHost: throw ConfigurationError([settings.problem(.zitadelInstanceHost, "\(error)")])
            }
        }
    }
}

extension TargetSpecification {
    /// Milliseconds. Longer than the bridge takes to answer, shorter than the 10 s that Zitadel gives all targets of an
    /// execution together (`Executions.TransactionDuration`).
    static let callTimeMax: Int64 = 9000

    /// - Parameter endpoint: where Zitadel is to post events.
    init(name: String, endpoint: String) {
        self.init(name: name, endpoint: endpoint, timeoutMilliseconds: Self.callTimeMax)
    }
}

/// Runs a command with Zitadel's API, and logs as the settings say.
///
/// - Parameter command: gets the settings, in which `ZITADEL_GRPC_HOST` and `ZITADEL_PAT` are set.
func withRegistration(
    _ arguments: SettingsArguments, _ command: (Registration, Settings) async throws -> Void
) async throws {
    let settings = try arguments.load(for: .bridge)
    try settings.require(.zitadelGRPCHost, .zitadelPAT)
    let output = LogOutput(settings)
    let api = ZitadelAPI(try ZitadelAPIConfiguration(settings), logger: output.logger("zitadel-bridge"))
    defer { api.close() }
    try await command(Registration(api: api, targetName: settings.string(.bridgeTargetName)), settings)
}
