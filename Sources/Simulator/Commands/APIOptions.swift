import ArgumentParser
import Foundation
import ServiceRuntime

/// How the simulated Zitadel API behaves.
struct APIOptions: ParsableArguments {
    @Option(help: "Actions API: v4 (/v2 and /v2beta), v4-beta-only (/v2beta), v3 (/v2beta with _search and result).")
    var api = APIFlavour.v4
    @Option(name: .customLong("zitadel-version"), help: "Release it says it is (default: v4.13.1, or v3.4.9).")
    var version: String?
    @Option(help: "Token with the rights of IAM_OWNER (default: $SIMULATOR_PAT, else simulated-owner-token).")
    var pat: String?
    @Option(help: "File that holds that token.")
    var patFile: String?
    @Option(help: "Token that only reads (default: $SIMULATOR_VIEWER_PAT, else simulated-viewer-token).")
    var viewerPat: String?
    @Option(help: "File that holds that token.")
    var viewerPatFile: String?
    @Option(help: "Host the instance answers for, by x-zitadel-instance-host or host (default: any).")
    var instanceHost: String?
    @Flag(help: "Refuse targets at loopback (from 4.11.1) and private addresses (from 4.15.2).")
    var denyPrivate = false
    @Option(name: .customLong("without-event-type"), help: "A type this release does not know; can be repeated.")
    var unknownEventTypes: [String] = []

    func apply(to configuration: inout SimulatorConfiguration, _ environment: [String: String]) throws {
        configuration.flavour = api
        if let version {
            guard let version = ReportedVersion(version) else {
                throw problem("--zitadel-version", "is not like 4.13.1")
            }
            configuration.version = version
        }
        if let pat = try token(pat, patFile, "--pat-file") ?? environment["SIMULATOR_PAT"] {
            configuration.ownerToken = pat
        }
        if let pat = try token(viewerPat, viewerPatFile, "--viewer-pat-file") ?? environment["SIMULATOR_VIEWER_PAT"] {
            configuration.viewerToken = pat
        }
        configuration.instanceHost = instanceHost
        configuration.checksDenyList = denyPrivate
        configuration.unknownEventTypes = Set(unknownEventTypes)
    }

    private func token(_ value: String?, _ path: String?, _ flag: String) throws -> String? {
        guard let path else { return value }
        guard let data = FileManager.default.contents(atPath: path) else { throw problem(flag, "cannot be read") }
        let token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty else { throw problem(flag, "holds no token") }
        return token
    }

    private func problem(_ flag: String, _ reason: String) -> ConfigurationError {
        ConfigurationError([.init(key: flag, source: nil, reason: reason)])
    }
}

extension APIFlavour: ExpressibleByArgument {}
