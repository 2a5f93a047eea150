package import Logging
import ServiceLifecycle

/// A topic as a program wants it, should it have to be created.
package struct WantedTopic: Sendable {
    package let name: String
    package let partitions: Int32
    /// Settings by their Kafka names.
    package let configuration: [(String, String)]

    package init(name: String, partitions: Int32, configuration: [(String, String)]) {
        self.name = name
        self.partitions = partitions
        self.configuration = configuration
    }
}

/// Makes sure topics are there, once the brokers answer. Ends its work with the last of them and then only waits.
///
/// A topic that exists is never changed. One that is refused is told of in the log, and asked for again: the right may
/// be granted later, and brokers that start have not found each other yet.
package struct TopicSetup: Service {
    /// For each question to the brokers. A question cannot be called off, and a program that fails to start has to be
    /// gone within the 10 s that `runServices` grants.
    private static let timeout = Duration.seconds(3)
    private static let pauses: [Duration] = [.milliseconds(500), .seconds(1), .seconds(2), .seconds(5), .seconds(10)]

    private let topics: [WantedTopic]
    private let admin: KafkaAdmin
    private let producer: KafkaProducer
    private let logger: Logger

    /// - Parameter producer: opens each topic once it is there, so that the first record does not wait for its leader.
    package init(_ topics: [WantedTopic], admin: KafkaAdmin, producer: KafkaProducer, logger: Logger) {
        self.topics = topics
        self.admin = admin
        self.producer = producer
        self.logger = logger
    }

    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                try await ensureAll()
                try await gracefulShutdown()
            }
        } catch is CancellationError {
            // Asked to stop while the brokers were still away: nothing is half done.
        }
    }

    /// Warns of the settings of a topic that break a promise. Of one that is not reachable nothing is known; its
    /// absence is told by `KafkaHealth`.
    private func review(_ topic: WantedTopic) async {
        guard let review = try? await admin.review(topic, timeout: Self.timeout) else { return }
        if !review.isComplete {
            logger.info("The topic's settings are not known", metadata: [KafkaLogKey.topic: "\(topic.name)"])
        }
        for problem in review.problems {
            logger.log(
                level: problem.severity == .warning ? .warning : .info,
                "A setting of the topic is not as it should be; it is left as it is",
                metadata: [
                    KafkaLogKey.topic: "\(topic.name)", KafkaLogKey.setting: "\(problem.setting)",
                    KafkaLogKey.found: "\(problem.found)", KafkaLogKey.reason: "\(problem.consequence)",
                    KafkaLogKey.fix: "\(problem.fix)",
                ])
        }
    }

    /// Goes round, so that a topic which is refused does not hold up the next.
    private func ensureAll() async throws {
        var missing = topics
        var refusals: [String: String] = [:]
        for attempt in 0... {
            var found: [WantedTopic] = []
            for topic in missing {
                try Task.checkCancellation()
                switch await ensure(topic, known: refusals[topic.name]) {
                case nil: continue
                case .notCreatable(let reason): refusals[topic.name] = reason
                case .created: missing.removeAll { $0.name == topic.name }
                case .exists, .leftToAutoCreation: found.append(topic)
                }
            }
            missing.removeAll { topic in found.contains { $0.name == topic.name } }
            // After all were asked for: brokers that do not tell settings let this take its whole time.
            for topic in found {
                try Task.checkCancellation()
                await review(topic)
            }
            if missing.isEmpty { return }
            try await Task.sleep(for: Self.pauses[min(attempt, Self.pauses.count - 1)])
        }
    }

    /// - Returns: nil while the brokers do not answer.
    private func ensure(_ topic: WantedTopic, known: String?) async -> TopicOutcome? {
        do throws(KafkaAdminError) {
            let outcome = try await admin.ensureTopic(
                topic.name, partitions: topic.partitions, config: topic.configuration, timeout: Self.timeout,
                known: known)
            if case .notCreatable = outcome { return outcome }
            _ = try? producer.topic(topic.name)
            return outcome
        } catch {
            logger.debug(
                "Topic not checked yet",
                metadata: [KafkaLogKey.topic: "\(topic.name)", KafkaLogKey.reason: "\(error)"])
            return nil
        }
    }
}
