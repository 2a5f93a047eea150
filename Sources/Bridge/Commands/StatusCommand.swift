import ArgumentParser
import ServiceRuntime
import ZitadelClient

/// `status`: what a running bridge says of itself.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what a running bridge is doing.",
        discussion: """
            Asks the ops listener of one bridge, which has no authentication: instance and version of Zitadel,
            registration, the poll cursor and its age, the last poll, events by path and outcome since the start, held
            events with their reasons, and how long after its creation an event was published by webhook and by poll.

            Only one bridge polls; on the others there is no cursor.

              zitadel-bridge status
              zitadel-bridge status --url http://bridge-2:9094 --json

            Without --url it asks BRIDGE_OPS_LISTEN on this machine. `doctor` finds out why something does not work.

            exit code: 0 ready; 1 not ready or not reachable; 2 wrong usage or settings
            """)

    @Option(help: "Ops listener of the bridge, such as http://bridge:9094.")
    var url: String?
    @Flag(help: "Print the JSON of /status as it is.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let settings = try settings.load(for: .bridge)
        let base = try baseURL(settings)
        let probe = HTTPProbe()
        defer { probe.close() }
        let (status, readiness): (HTTPProbe.Answer, HTTPProbe.Answer)
        do throws(HTTPProbe.Unanswered) {
            status = try await probe.get(base + "/status")
            readiness = try await probe.get(base + "/readyz")
        } catch {
            throw NoBridge(url: base, reason: "\(error)")
        }
        guard status.status == 200, let document = StatusDocument(status.body), [200, 503].contains(readiness.status)
        else { throw NoBridge(url: base, reason: "what answers there (HTTP \(status.status)) is no bridge") }
        let isReady = readiness.status == 200
        let problems = ReadinessDocument(readiness.body)?.problems ?? []
        if json {
            writeToStandardOutput(String(decoding: status.body, as: UTF8.self) + "\n")
        } else {
            writeToStandardOutput(document.text(url: base, isReady: isReady, problems: problems))
        }
        guard isReady else { throw BridgeNotReady(problems: problems) }
    }

    private func baseURL(_ settings: Settings) throws -> String {
        if let url {
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw ValidationError("--url \(url) does not begin with http:// or https://.")
            }
            return url.hasSuffix("/") ? String(url.dropLast()) : url
        }
        let address = settings.socketAddress(.bridgeOpsListen)
        guard address.port != 0 else {
            throw ConfigurationError([
                settings.problem(.bridgeOpsListen, "leaves the port to the system: name the bridge with --url")
            ])
        }
        return "http://\(address.reachableHere)"
    }
}

/// Nobody of ours answers.
private struct NoBridge: Error, CustomStringConvertible {
    let url: String
    let reason: String

    var description: String {
        "no bridge answers at \(url): \(reason). Start it with `zitadel-bridge run`, or name its ops listener with "
            + "--url or BRIDGE_OPS_LISTEN."
    }
}

/// `/readyz` is red.
private struct BridgeNotReady: Error, CustomStringConvertible {
    let problems: [String]

    var description: String {
        "the bridge is not ready: \(problems.joined(separator: "; ")). `zitadel-bridge doctor` names the fix."
    }
}
