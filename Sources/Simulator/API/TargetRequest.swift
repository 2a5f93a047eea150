import Foundation

/// The members of CreateTarget and UpdateTarget; absent is not sent.
struct TargetRequest: Sendable {
    private static let nameSizeMax = 1000
    private static let timeoutMax: Int64 = 270_000_000_000

    var name: String?
    var endpoint: String?
    var timeoutNanoseconds: Int64?
    var kind: (kind: ActionTarget.Kind, interruptOnError: Bool)?
    var payloadType: String?
    /// The new key replaces the old one at once; Zitadel knows no other expiration.
    var rotatesKey = false

    init(
        _ message: RequestMessage, _ service: ActionService, _ configuration: SimulatorConfiguration
    ) throws(GatewayError) {
        name = try message.text("name")
        endpoint = try message.text("endpoint")
        timeoutNanoseconds = try message.duration("timeout")
        for kind in [ActionTarget.Kind.restWebhook, .restCall, .restAsync] {
            guard let type = try message.message(kind.rawValue) else { continue }
            guard self.kind == nil else { throw .invalid("proto: oneof target_type is already set") }
            self.kind = (kind, kind == .restAsync ? false : try type.bool("interruptOnError"))
        }
        if service == .v2, configuration.reportedVersion.hasPayloadTypes {
            let type = try message.text("payloadType")
            payloadType = type == "PAYLOAD_TYPE_UNSPECIFIED" ? nil : type
        }
        if let expiration = try message.duration("expirationSigningKey") {
            guard expiration == 0 else { throw Self.outside("ExpirationSigningKey", "value must equal 0s") }
            rotatesKey = true
        }
        try check(configuration)
    }

    /// What must be there to create a target.
    func required() throws(GatewayError) -> (name: String, endpoint: String, timeout: Int64, kind: ActionTarget.Kind) {
        guard let name else { throw Self.outside("Name", "value length must be between 1 and 1000 runes, inclusive") }
        guard let endpoint else { throw Self.outside("Endpoint", "value length must be at least 1 runes") }
        guard let kind = kind?.kind else { throw Self.outside("TargetType", "value is required") }
        guard let timeoutNanoseconds, timeoutNanoseconds > 0 else {
            throw .invalid("Errors.Target.NoTimeout", id: "COMMAND-39f35d8uri")
        }
        return (name, endpoint, timeoutNanoseconds, kind)
    }

    private func check(_ configuration: SimulatorConfiguration) throws(GatewayError) {
        if let name, !(1...Self.nameSizeMax).contains(name.unicodeScalars.count) {
            throw Self.outside("Name", "value length must be between 1 and \(Self.nameSizeMax) runes, inclusive")
        }
        if let timeoutNanoseconds, !(1...Self.timeoutMax).contains(timeoutNanoseconds) {
            throw Self.outside("Timeout", "value must be inside range (0s, 4m30s]")
        }
        let types = ["PAYLOAD_TYPE_JSON", "PAYLOAD_TYPE_JWT", "PAYLOAD_TYPE_JWE"]
        if let payloadType, !types.contains(payloadType) { throw Self.outside("PayloadType", "invalid value for enum") }
        guard let endpoint else { return }
        let sizeMax = configuration.flavour == .v3 ? 1000 : 2048
        guard (1...sizeMax).contains(endpoint.unicodeScalars.count) else {
            throw Self.outside("Endpoint", "value length must be between 1 and \(sizeMax) runes, inclusive")
        }
        guard let url = URLComponents(string: endpoint), ["http", "https"].contains(url.scheme), let host = url.host,
            !host.isEmpty
        else { throw .invalid("Errors.Target.InvalidURL", id: "COMMAND-1r2k6qo6wg") }
        if configuration.denyList?.denies(host: host) == true { throw Self.denied }
    }

    static let denied = GatewayError.invalid("Errors.Target.DeniedURL", id: "COMMAND-8ggkd2")

    private static func outside(_ field: String, _ problem: String) -> GatewayError {
        .invalid("invalid TargetRequest.\(field): \(problem)")
    }
}
