import ArgumentParser
import KafkaClient
import ServiceRuntime

/// `zitadel-bridge`: takes Zitadel's events, makes records of them and publishes them to Kafka.
@main
struct BridgeMain: AsyncParsableCommand, SettingsProgram {
    static let program = Program.bridge

    static let configuration = CommandConfiguration(
        commandName: "zitadel-bridge",
        abstract: "Publishes Zitadel's identity events to Kafka.",
        discussion: """
            Receives the webhooks of a Zitadel Actions v2 target, verifies their signature, and publishes each event as
            one CloudEvents record, keyed by the user (or organization, or project) it is about. A webhook is answered
            2xx only after every in-sync replica has the record.

            """ + SettingsArguments.helpText(for: .bridge),
        version: CommandRunner.version,
        subcommands: [
            RunCommand.self, RegisterCommand.self, UnregisterCommand.self, KeysCommand.self, PollCommand.self,
            BackfillCommand.self, DoctorCommand.self, StatusCommand.self, VerifyCommand.self,
            ConfigCommand<BridgeMain>.self,
        ])

    static func check(_ settings: Settings) throws {
        let configuration = try BridgeConfiguration(settings)
        do {
            try KafkaProducer.check(configuration.kafka)
        } catch {
            throw settings.kafkaProblem(property: error.property, "\(error)")
        }
    }

    static func main() async {
        await CommandRunner.main(Self.self, name: "zitadel-bridge")
    }
}

/// `run`: the bridge until SIGTERM or SIGINT.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Receive webhooks and publish until SIGTERM.",
        discussion: SettingsArguments.helpText(for: .bridge))

    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let settings = try settings.load(for: .bridge)
        let output = LogOutput(settings)
        output.bootstrap()
        let logger = output.logger("zitadel-bridge")
        let configuration = try BridgeConfiguration(settings)
        let bridge: Bridge
        do {
            bridge = try buildBridge(configuration, logger: logger)
        } catch let error as KafkaConfigurationError {
            throw settings.kafkaProblem(property: error.property, "\(error)")
        }
        try await runServices(bridge.services, logger: logger)
    }
}
