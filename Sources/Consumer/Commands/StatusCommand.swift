import ArgumentParser
import ServiceRuntime

/// `status`: what a running consumer says of itself.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what a running consumer is doing.",
        discussion: """
            Asks the ops listener of one consumer, which has no authentication: records by outcome since its start, when
            it last applied one, and position and lag of each partition it has. Others of its group have the others.

              zitadel-consumer status
              zitadel-consumer status --address consumer-2:9095 --json

            Without --address it asks CONSUMER_OPS_LISTEN on this machine.

            exit code: 0 ready; 1 not ready or not reachable; 2 wrong usage or settings
            """)

    @Option(help: "HOST:PORT of the consumer's ops listener.")
    var address: String?
    @Flag(help: "Print the JSON of /status as it is.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let settings = try settings.load(for: .consumer)
        let address = try address(settings)
        let (status, readiness): (OpsQuestion.Answer, OpsQuestion.Answer)
        do throws(OpsQuestion.Unanswered) {
            status = try OpsQuestion(address).get("/status")
            readiness = try OpsQuestion(address).get("/readyz")
        } catch {
            throw NoConsumer(address: address, reason: "\(error)")
        }
        guard status.status == 200, let document = StatusDocument(status.body) else {
            throw NoConsumer(address: address, reason: "what answers there (HTTP \(status.status)) is no consumer")
        }
        let isReady = readiness.status == 200
        let problems = ReadinessDocument(readiness.body)?.problems ?? []
        if json {
            writeToStandardOutput(status.body + "\n")
        } else {
            writeToStandardOutput(document.text(at: "\(address)", isReady: isReady, problems: problems))
        }
        guard isReady else { throw ConsumerNotReady(problems: problems) }
    }

    private func address(_ settings: Settings) throws -> SocketAddress {
        if let address {
            guard let found = SocketAddress(address), found.port != 0 else {
                throw ValidationError("--address \(address) is not HOST:PORT.")
            }
            return found
        }
        let address = settings.socketAddress(.consumerOpsListen)
        guard address.port != 0 else {
            throw ConfigurationError([
                settings.problem(.consumerOpsListen, "leaves the port to the system: name the consumer with --address")
            ])
        }
        return address.reachableHere
    }
}

/// Nobody of ours answers.
private struct NoConsumer: Error, CustomStringConvertible {
    let address: SocketAddress
    let reason: String

    var description: String {
        "no consumer answers at \(address): \(reason). Start it with `zitadel-consumer run`, or name its ops listener "
            + "with --address or CONSUMER_OPS_LISTEN."
    }
}

/// `/readyz` is red.
private struct ConsumerNotReady: Error, CustomStringConvertible {
    let problems: [String]

    var description: String { "the consumer is not ready: \(problems.joined(separator: "; "))" }
}
