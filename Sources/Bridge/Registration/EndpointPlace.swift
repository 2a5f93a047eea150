/// Where an endpoint seems to be, judged by its host's text alone: names are not resolved.
enum EndpointPlace: String, Sendable {
    case loopback
    case privateNetwork = "private"
    case elsewhere

    /// - Parameter endpoint: an absolute URL.
    init(_ endpoint: String) {
        let host = Self.host(of: endpoint)
        if let address = Self.ipv4(host) {
            self.init(ipv4: address)
        } else if host.contains(":") {
            self.init(ipv6: host)
        } else {
            self.init(name: host)
        }
    }

    private init(ipv4 address: [UInt8]) {
        self =
            switch (address[0], address[1]) {
            case (127, _): .loopback
            case (10, _), (172, 16...31), (192, 168), (100, 64...127), (169, 254): .privateNetwork
            default: .elsewhere
            }
    }

    private init(ipv6 address: String) {
        if address == "::1" {
            self = .loopback
        } else {
            let local = ["fc", "fd", "fe8", "fe9", "fea", "feb"].contains { address.hasPrefix($0) }
            self = local ? .privateNetwork : .elsewhere
        }
    }

    private init(name: String) {
        if name == "localhost" || name.hasSuffix(".localhost") {
            self = .loopback
        } else {
            let inside = [".local", ".internal", ".svc", ".lan", ".home.arpa"].contains { name.hasSuffix($0) }
            self = inside || !name.contains(".") ? .privateNetwork : .elsewhere
        }
    }

    private static func host(of endpoint: String) -> String {
        let rest = endpoint.split(separator: "//", maxSplits: 1).last ?? ""
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let hostAndPort = authority.split(separator: "@").last ?? ""
        let host =
            hostAndPort.hasPrefix("[") ? hostAndPort.dropFirst().prefix { $0 != "]" } : hostAndPort.prefix { $0 != ":" }
        return host.lowercased()
    }

    private static func ipv4(_ host: String) -> [UInt8]? {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt8($0) }
        return parts.count == 4 && numbers.count == 4 ? numbers : nil
    }
}
