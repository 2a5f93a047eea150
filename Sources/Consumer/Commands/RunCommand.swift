import ArgumentParser
import ServiceRuntime

/// `run`: the consumer until SIGTERM or SIGINT.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Apply records until SIGTERM.",
        discussion: SettingsArguments.helpText(for: .consumer))

    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let settings = try settings.load(for: .consumer)
        let output = LogOutput(settings)
        output.bootstrap()
        let logger = output.logger("zitadel-consumer")
        let consumer = try await buildConsumer(ConsumerConfiguration(settings), logger: logger)
        try await runServices(consumer.services, logger: logger)
    }
}
