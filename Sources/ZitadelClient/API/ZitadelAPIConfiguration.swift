/// Where Zitadel's API is and who asks.
package struct ZitadelAPIConfiguration: Sendable {
    /// A value that cannot stand in a header line; never shows it.
    package enum Fault: String, Error, CustomStringConvertible {
        case token = "the token holds a character that no token has"
        case instanceHost = "the instance host holds a character that no host has"

        package var description: String { rawValue }
    }

    package let baseURL: ZitadelBaseURL
    /// A personal access token; nil for calls that need none.
    package let token: SecretText?
    /// The public domain of the instance, when the API is reached by an internal address.
    package let instanceHost: String?
    /// Such as `zitadel-bridge/1.0.0`.
    package let userAgent: String

    package init(
        baseURL: ZitadelBaseURL, token: SecretText?, instanceHost: String? = nil, userAgent: String
    ) throws(Fault) {
        guard token.map({ Self.fitsHeader($0.exposed) }) != false else { throw .token }
        guard instanceHost.map(Self.fitsHeader) != false else { throw .instanceHost }
        self.baseURL = baseURL
        self.token = token
        self.instanceHost = instanceHost
        self.userAgent = userAgent
    }

    /// A line end would begin another header.
    private static func fitsHeader(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (33...126).contains($0) }
    }

    func headers(withToken: Bool) -> [String] {
        var lines = ["accept: application/json", "user-agent: \(userAgent)"]
        if let instanceHost { lines.append("x-zitadel-instance-host: \(instanceHost)") }
        if withToken, let token { lines.append("authorization: Bearer \(token.exposed)") }
        return lines
    }
}
