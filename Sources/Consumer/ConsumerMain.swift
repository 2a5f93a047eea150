import ArgumentParser
import KafkaClient
import ServiceRuntime

/// `zitadel-consumer`: applies the records of the topic to the scope-management state.
@main
struct ConsumerMain: AsyncParsableCommand, SettingsProgram {
    static let program = Program.consumer

    static let configuration = CommandConfiguration(
        commandName: "zitadel-consumer",
        abstract: "Builds the scope-management state from Zitadel's identity events in Kafka.",
        discussion: """
            Reads the topic as a member of a consumer group, applies each batch in one database transaction, and commits
            the offsets after it. Applying is idempotent and free of order, so records can be read again: see `replay`.

            """ + SettingsArguments.helpText(for: .consumer),
        version: CommandRunner.version,
        subcommands: [
            RunCommand.self, StateCommand.self, ReplayCommand.self, RebuildCommand.self, DlqCommand.self,
            StatusCommand.self,
            ConfigCommand<ConsumerMain>.self,
        ])

    static func check(_ settings: Settings) throws {
        let configuration = try ConsumerConfiguration(settings)
        do {
            try KafkaConsumer.check(configuration.kafka, groupID: configuration.groupID)
            try KafkaProducer.check(configuration.kafka)
        } catch {
            throw settings.kafkaProblem(property: error.property, "\(error)")
        }
    }

    static func main() async {
        await CommandRunner.main(Self.self, name: "zitadel-consumer")
    }
}
