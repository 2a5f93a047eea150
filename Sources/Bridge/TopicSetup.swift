import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime

/// Makes sure the topic is there, once the brokers answer. Ends its work with the first answer and then only waits.
struct TopicSetup: Service {
    /// Per-user order needs a fixed count of partitions; 12 divide well among up to 12 consumers.
    private static let partitions: Int32 = 12
    /// Records are the history of identities: replaying them rebuilds the state, so none is thrown away.
    private static let settings = [("cleanup.policy", "delete"), ("retention.ms", "-1")]

    let topic: String
    let admin: KafkaAdmin
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                try await createWhenReachable()
                try await gracefulShutdown()
            }
        } catch is CancellationError {
            // Asked to stop while the brokers were still away: nothing is half done.
        }
    }

    private func createWhenReachable() async throws {
        var backoff = Backoff(initial: .milliseconds(500), maximum: .seconds(15))
        while true {
            do throws(KafkaAdminError) {
                _ = try await admin.ensureTopic(
                    topic, partitions: Self.partitions, config: Self.settings, timeout: .seconds(10))
                return
            } catch {
                logger.debug("Topic not checked yet", metadata: [LogKey.topic: "\(topic)", LogKey.reason: "\(error)"])
            }
            try await Task.sleep(for: backoff.attemptFailed())
        }
    }
}
