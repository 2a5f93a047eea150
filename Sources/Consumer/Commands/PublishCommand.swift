import ArgumentParser
import EventContract
import KafkaClient
import Logging
import ServiceRuntime

/// `state publish`: puts the lines of users into the state topic again.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Publish the current lines of users to the state topic again.",
        usage: "zitadel-consumer state publish [--all | --user ID] [--dry-run]",
        discussion: """
            Once after KAFKA_STATE_TOPIC was set for a state that was there before, or after records were lost. The line
            of every user that is in the state is published, and a tombstone for every user that the state knows and
            that is not there any more. The order towards new changes is kept: consumers may run.

            The request is written into the outbox. A running consumer with KAFKA_STATE_TOPIC works it off and this
            command shows how far it is; without one the command does it. Interrupted or failed, the request stays, and
            the next consumer or the next run goes on.

            exit code: 0 it is published; 1 not or not all of it, with the reason; 2 wrong usage or settings
            """)

    @Flag(help: "Every user that the state knows.")
    var all = false
    @Option(help: "The id of one user.")
    var user: String?
    @Flag(help: "Count what would be published and change nothing.")
    var dryRun = false
    @OptionGroup var settings: SettingsArguments

    func validate() throws {
        guard all == (user == nil) else { throw ValidationError("Name one user with --user, or take --all.") }
    }

    func run() async throws {
        let settings = try settings.load(for: .consumer)
        try settings.require(.kafkaStateTopic)
        let configuration = try ConsumerConfiguration(settings)
        let request: StreamRequest = user.map { .user(UTF8Text($0)) } ?? .all
        if dryRun { return writeToStandardOutput(try request.preview(configuration)) }
        let logger = LogOutput(settings).logger("zitadel-consumer")
        do {
            writeToStandardOutput(try await publish(request, configuration, logger))
        } catch let error as KafkaConfigurationError {
            throw settings.kafkaProblem(property: error.property, "\(error)")
        }
    }

    private func publish(
        _ request: StreamRequest, _ configuration: ConsumerConfiguration, _ logger: Logger
    ) async throws -> String {
        let topic = configuration.stateTopic ?? ""
        let producer = try KafkaProducer(configuration.kafka, logger: logger, observer: nil)
        let publisher = StreamPublisher(
            configuration, topic: StreamTopic(producer: producer, name: topic),
            metrics: StreamMetrics(MetricsRegistry()), logger: logger)
        return try await runJob(with: [KafkaProducerService(producer)], logger: logger) {
            try await ensure(StreamTopic.wanted(topic), KafkaAdmin(producer.handle, logger: logger))
            let outcome = try await StreamRequestRun(request, publisher) {
                writeToStandardError("\($0)\n")
            }.run()
            return "\(outcome) See the topic \(topic).\n"
        }
    }
}

/// A topic that is missing would take nothing.
private func ensure(_ topic: WantedTopic, _ admin: KafkaAdmin) async throws {
    let outcome = try await admin.ensureTopic(
        topic.name, partitions: topic.partitions, config: topic.configuration, timeout: .seconds(5))
    if case .notCreatable(let reason) = outcome { throw StreamRequestFailure.topicMissing(topic.name, reason: reason) }
}
