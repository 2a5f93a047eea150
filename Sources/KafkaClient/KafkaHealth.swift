import CRdKafka
package import Logging
import ServiceLifecycle
import Synchronization

/// Whether the brokers answer for our topic, asked again and again on a thread of its own. `/readyz` reads it.
package final class KafkaHealth: Service {
    package enum State: Sendable, Equatable {
        /// Not asked yet.
        case unknown
        case reachable(partitions: Int)
        case unreachable(reason: String)
        case topicMissing(name: String)

        package var isReachable: Bool {
            if case .reachable = self { true } else { false }
        }
    }

    /// How long a broker may take to answer.
    private static let askTimeout = Duration.seconds(1)
    /// Between two questions, however often `askSoon` is called.
    private static let pauseMin = Duration.milliseconds(100)
    private static let pauseWhileReachable = Duration.seconds(5)
    private static let pauseWhileNot = Duration.milliseconds(500)

    private let handle: KafkaHandle
    private let topic: String
    private let logger: Logger
    private let onChange: @Sendable (State) -> Void
    private let latest = Mutex(State.unknown)
    private let wake = ThreadSignal()

    /// - Parameters:
    ///   - handle: of the producer or consumer whose connections are asked.
    ///   - onChange: told of each change of kind, on the thread that asks.
    package init(
        _ handle: KafkaHandle, topic: String, logger: Logger, onChange: @escaping @Sendable (State) -> Void = { _ in }
    ) {
        self.handle = handle
        self.topic = topic
        self.logger = logger
        self.onChange = onChange
    }

    /// Something went wrong: asks now and not when it is time, so that an outage between two questions is noticed.
    package func askSoon() {
        wake.set()
    }

    package var state: State { latest.withLock { $0 } }

    package func run() async {
        let stop = ThreadSignal()
        await withTaskCancellationOrGracefulShutdownHandler {
            await NamedThread.run("kafka-health") { [self] in
                var hasSeenTopic = false
                repeat {
                    wake.clear()
                    ask(&hasSeenTopic)
                    if state.isReachable, !stop.wait(Self.pauseMin) { _ = wake.wait(Self.pauseWhileReachable) }
                } while !(state.isReachable ? stop.isSet : stop.wait(Self.pauseWhileNot))
            }
        } onCancelOrGracefulShutdown: { [wake] in
            stop.set()
            wake.set()
        }
    }

    private func ask(_ hasSeenTopic: inout Bool) {
        // Asking for a topic alone lets brokers create it, with settings of their own: so not before it is there.
        let answer =
            hasSeenTopic
            ? TopicMetadata.ask(handle, for: topic, timeout: Self.askTimeout)
            : TopicMetadata.askWithoutCreating(handle, for: topic, timeout: Self.askTimeout)
        if case .found = answer { hasSeenTopic = true }
        let now = State(answer, topic: topic)
        let before = latest.withLock { state in
            defer { state = now }
            return state
        }
        // The reason may differ from one failure to the next; that is no change worth a line.
        guard now.kind != before.kind else { return }
        log(now)
        onChange(now)
    }

    private func log(_ state: State) {
        let topic: Logger.MetadataValue = "\(topic)"
        switch state {
        case .unknown: break
        case .reachable(let partitions):
            logger.info(
                "Kafka answers", metadata: [KafkaLogKey.topic: topic, KafkaLogKey.partitions: "\(partitions)"])
        case .unreachable(let reason):
            logger.warning(
                "Kafka does not answer", metadata: [KafkaLogKey.topic: topic, KafkaLogKey.reason: "\(reason)"])
        case .topicMissing:
            logger.warning("Kafka answers, but the topic is missing", metadata: [KafkaLogKey.topic: topic])
        }
    }
}

extension KafkaHealth.State {
    fileprivate init(_ answer: TopicMetadata, topic: String) {
        self =
            switch answer {
            case .found(let partitions, _, let withoutLeader):
                withoutLeader.isEmpty
                    ? .reachable(partitions: partitions)
                    : .unreachable(reason: "\(withoutLeader.count) of \(partitions) partitions have no leader")
            case .missing: .topicMissing(name: topic)
            case .notAnswered(let error): .unreachable(reason: error.description)
            }
    }

    fileprivate var kind: Int {
        switch self {
        case .unknown: 0
        case .reachable: 1
        case .unreachable: 2
        case .topicMissing: 3
        }
    }
}
