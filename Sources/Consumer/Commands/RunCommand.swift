import ArgumentParser
import KafkaClient
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
        let configuration = try ConsumerConfiguration(settings)
        let consumer: ConsumerParts
        do {
            consumer = try await buildConsumer(configuration, logger: logger)
        } catch let error as KafkaConfigurationError {
            throw settings.kafkaProblem(property: error.property, "\(error)")
        }
        try await runServices(consumer.services, logger: logger)
    }
}
