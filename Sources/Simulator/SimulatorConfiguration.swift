import ServiceRuntime

/// What a simulated instance is and how it behaves. Every member has a default that works for a demo.
struct SimulatorConfiguration: Sendable {
    /// Where control API and Zitadel API listen; port 0 takes a free one.
    var listen = SocketAddress(host: "127.0.0.1", port: 0)
    /// Same seed, same ids, secrets, faults and order.
    var seed: UInt64 = 1
    var instanceID = "290000000000000001"
    /// With it, API calls for another host are answered as for an unknown instance.
    var instanceHost: String?
    /// A token with the rights of IAM_OWNER.
    var ownerToken = "simulated-owner-token"
    /// A token with the rights of IAM_OWNER_VIEWER: it only reads.
    var viewerToken = "simulated-viewer-token"
    var webhook: StaticWebhook?
    /// Calls go out at once, or with the pauses of Zitadel's job queue.
    var deliversAtOnce = true
    /// File that keeps events, targets and executions between runs.
    var storePath: String?
    var clock = WallClock.system

    var flavour = APIFlavour.v4
    var version: ReportedVersion?
    var checksDenyList = false
    /// Event types this release does not know.
    var unknownEventTypes: Set<String> = []

    /// A target outside of the Actions API that gets every event.
    struct StaticWebhook: Sendable {
        var url: String
        var signingKey: String

        init(url: String, signingKey: String) {
            self.url = url
            self.signingKey = signingKey
        }
    }

    init() {}

    var reportedVersion: ReportedVersion {
        guard let version = version ?? ReportedVersion(flavour.defaultVersion) else {
            preconditionFailure("The default version is a version.")
        }
        return version
    }

    var denyList: DenyList? { checksDenyList ? DenyList(version: reportedVersion) : nil }
}
