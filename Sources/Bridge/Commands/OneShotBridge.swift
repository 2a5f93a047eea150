import EventContract
import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime
import ZitadelClient

/// A bridge for one job: reads and publishes as `run` does, without listeners and without standing for election.
struct OneShotBridge: Sendable {
    let poller: Poller
    let instance: ZitadelInstance
    let keys: CursorKeys
    let topic: CursorTopic

    private let configuration: BridgeConfiguration
    private let logger: Logger

    fileprivate init(
        _ configuration: BridgeConfiguration, _ parts: BridgeParts, _ api: ZitadelAPI, _ instance: ZitadelInstance
    ) throws {
        self.configuration = configuration
        self.instance = instance
        logger = parts.logger
        poller = try parts.poller(configuration, search: api)
        keys = CursorKeys(instanceID: instance.id, topic: configuration.topic)
        topic = CursorTopic(name: configuration.polling.cursorTopic, producer: parts.producer)
    }

    /// - Parameter key: the only one that can be asked for.
    func storedCursors(of key: [UInt8]) throws(KafkaConfigurationError) -> StoredCursors {
        try StoredCursors(configuration.kafka, topic: topic.name, wanted: [key], logger: logger)
    }
}

/// Runs a job with a pipeline to Kafka of its own. Whatever it published is acknowledged or given up when this returns.
///
/// SIGTERM and SIGINT begin a graceful shutdown of the job.
/// - Throws: what the job throws; `RegistrationFailure` or `KafkaNotReady` before it has begun.
func withOneShotBridge<Value: Sendable>(
    _ settings: Settings, logger: Logger, _ job: @escaping @Sendable (OneShotBridge) async throws -> Value
) async throws -> Value {
    try settings.require(.zitadelGRPCHost, .zitadelPAT)
    let configuration = try BridgeConfiguration(settings)
    let parts: BridgeParts
    do {
        parts = try BridgeParts(configuration.publishingInBatches, logger: logger, clock: .system)
    } catch let error as KafkaConfigurationError {
        throw settings.kafkaProblem(property: error.property, "\(error)")
    }
    let api = ZitadelAPI(configuration.zitadel.api, logger: logger)
    defer { api.close() }
    return try await runJob(with: [parts.failure, parts.publishing], logger: logger) {
        let registration = Registration(api: api, targetName: configuration.zitadel.targetName)
        let instance = try await stoppable { try await registration.instance(expected: configuration.instanceID) }
        try await stoppable { try await parts.ensureTopics(configuration) }
        // The events search names no instance, so the pipeline has to know it first.
        guard try await parts.publishing.withPipeline({ $0.pin(instance: UTF8Text(instance.id)) }) else {
            throw RegistrationFailure.wrongInstance(found: instance.id, expected: configuration.instanceID ?? "")
        }
        return try await job(OneShotBridge(configuration, parts, api, instance))
    }
}

/// Ends what a graceful shutdown interrupts.
private func stoppable<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    do { return try await cancelWhenGracefulShutdown(body) } catch is CancellationError {
        throw JobFailed(advice: Advice(.cancelled))
    }
}

extension BridgeConfiguration {
    /// The same, with records that wait a moment for company: without webhooks nobody waits for a single one, and
    /// fewer, larger requests spare the brokers and us. What the operator set comes later and wins.
    fileprivate var publishingInBatches: BridgeConfiguration {
        var configuration = self
        configuration.kafka.properties.insert(("linger.ms", "2"), at: 0)
        return configuration
    }
}

extension BridgeParts {
    /// For each question to the brokers.
    private static let questionTimeout = Duration.seconds(5)

    /// - Throws: `KafkaNotReady`.
    fileprivate func ensureTopics(_ configuration: BridgeConfiguration) async throws {
        let admin = KafkaAdmin(producer.handle, logger: logger)
        let topics = [
            WantedTopic.events(configuration.topic), CursorTopic.wanted(configuration.polling.cursorTopic),
        ]
        for topic in topics {
            let outcome: TopicOutcome
            do throws(KafkaAdminError) {
                outcome = try await admin.ensureTopic(
                    topic.name, partitions: topic.partitions, config: topic.configuration,
                    timeout: Self.questionTimeout)
            } catch {
                throw KafkaNotReady(error: error)
            }
            if case .notCreatable(let reason) = outcome { throw KafkaNotReady(topic: topic.name, reason) }
        }
    }
}

/// Nothing can be published now.
struct KafkaNotReady: Error, CustomStringConvertible {
    let advice: Advice

    init(error: KafkaAdminError) {
        switch error {
        case .brokerUnavailable:
            advice = Advice(
                "Kafka does not answer: \(error)",
                fix: "Start Kafka, or correct KAFKA_BOOTSTRAP_SERVERS and what KAFKA_SECURITY_PROTOCOL and its like "
                    + "say; a firewall may be in between.")
        case .notAuthorized(let topic):
            advice = Advice(
                "Kafka refuses the topic \(topic): \(error)",
                fix: "Give the bridge's user the rights to describe, read and write \(topic).")
        }
    }

    init(topic: String, _ reason: String) {
        advice = Advice(
            "The topic \(topic) is missing and cannot be created: \(reason)",
            fix: "Create it by hand, as docs/operations.md shows, or give the bridge's user the right to create it.")
    }

    var description: String { advice.description }
}

extension Advice {
    /// What one has to do so that a poll gets through.
    init(_ failure: PollFailure) {
        switch failure {
        case .zitadel(let error) where error.status == 403 || error.code == 7:
            self.init(
                "Zitadel refused to search events: the token's user lacks the permission events.read",
                fix: "Make the service user of ZITADEL_PAT an administrator of the instance; the role "
                    + "IAM_OWNER_VIEWER is enough to poll.")
        case .zitadel(let error): self = RegistrationFailure.refused(.readEventTypes, error).advice
        case .kafka(let error):
            self.init(
                "Kafka did not take everything: \(error)",
                fix: "Look at the brokers, the replicas in sync and the right to write KAFKA_TOPIC and "
                    + "KAFKA_CURSOR_TOPIC, then run it again: it goes on where it stopped.")
        case .cancelled:
            self.init("Stopped before everything was read", fix: "Run it again: it goes on where it stopped.")
        }
    }
}
