/// What is known to be wrong with a version of Zitadel. A version that tells no number counts as the newest.
enum VersionAdvice {
    /// Every webhook is only a hint: its payload is always empty (Zitadel #10650).
    static func emptiesPayloads(_ version: ZitadelVersion?) -> Bool {
        version.map { (ZitadelVersion(4, 1, 0)...ZitadelVersion(4, 1, 2)).contains($0) } ?? false
    }

    /// An execution on an exact type also fires for longer types without one of their own (Zitadel #11071).
    static func matchesRawPrefixes(_ version: ZitadelVersion?) -> Bool { isAtLeast(4, 7, 1, version) }

    /// - Parameter endpoint: what Zitadel is to call; nil when nothing is registered.
    static func warnings(_ version: ZitadelVersion?, endpoint: String?) -> [Advice] {
        var warnings: [Advice] = []
        guard endpoint != nil else { return warnings }
        if let version { warnings += knownFaults(of: version) }
        if let endpoint { warnings += denied(endpoint, by: version) }
        return warnings
    }

    static func knownFaults(of version: ZitadelVersion) -> [Advice] {
        var warnings: [Advice] = []
        if version < ZitadelVersion(3, 0, 0) {
            warnings.append(
                Advice("Zitadel \(version) has no Actions v2", fix: "Upgrade Zitadel to 3.4.5 or later."))
        }
        if emptiesPayloads(version) {
            warnings.append(
                Advice(
                    "Zitadel \(version) sends every event payload empty (#10650): webhooks only trigger polls",
                    fix: "Upgrade Zitadel to 4.1.3 or later."))
        }
        if (ZitadelVersion(4, 11, 0)..<ZitadelVersion(4, 16, 0)).contains(version) {
            warnings.append(
                Advice(
                    "Zitadel \(version): with executions on events, API calls and logins were seen to fail (#12225)",
                    fix: "If it happens, run `zitadel-bridge unregister` and unset ZITADEL_WEBHOOK_ENDPOINT: polling "
                        + "alone loses nothing."))
        }
        return warnings
    }

    /// - Parameter endpoint: what Zitadel is to call.
    static func denied(_ endpoint: String, by version: ZitadelVersion?) -> [Advice] {
        let place = EndpointPlace(endpoint)
        let isDenied =
            switch place {
            case .elsewhere: false
            case .loopback: isAtLeast(4, 11, 1, version)
            case .privateNetwork: isAtLeast(4, 15, 2, version)
            }
        guard isDenied else { return [] }
        return [
            Advice(
                "The endpoint \(endpoint) looks \(place.rawValue), and Zitadel "
                    + "\(version?.description ?? "of this build") refuses to call such by default",
                fix: denyListFix)
        ]
    }

    static let denyListFix =
        "Set ZITADEL_HTTPCLIENT_DENYLIST (before 4.15.2: ZITADEL_EXECUTIONS_DENYLIST) of Zitadel to a list without the "
        + "range of the endpoint and restart Zitadel, or use a public endpoint."

    private static func isAtLeast(_ major: Int, _ minor: Int, _ patch: Int, _ version: ZitadelVersion?) -> Bool {
        version.map { $0 >= ZitadelVersion(major, minor, patch) } ?? true
    }
}
