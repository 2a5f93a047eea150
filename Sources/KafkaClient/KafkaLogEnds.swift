import CRdKafka
import ServiceLifecycle

/// Asks the leaders of partitions where their logs end, again and again, on a thread of its own.
///
/// The ends that a consumer knows by itself are those of its last fetches: they stay as they are while a leader is out
/// of reach, and everything seems to be read.
package final class KafkaLogEnds: Service {
    /// What the leaders said.
    package struct Answer: Sendable {
        /// The offset behind the last record, by partition.
        package let ends: [Int32: Int64]
        /// A moment before the first of them was asked: every record of before that is below the ends.
        package let asked: ContinuousClock.Instant
    }

    /// How long the leaders may take to answer, beside the time they hold a fetch: they answer a connection in order,
    /// and the question comes behind the fetch that waits for records. A shutdown waits as long.
    private static let answerTime = 1000
    private static let holdMax = 7000
    private static let pause = Duration.seconds(1)
    private static let pauseWhileUnknown = Duration.milliseconds(200)

    private let handle: KafkaHandle
    private let topic: String
    private let timeout: Int32
    private let partitions: @Sendable () -> [Int32]
    private let onAnswer: @Sendable (Answer) -> Bool

    /// - Parameters:
    ///   - handle: of the client whose connections are used.
    ///   - partitions: those to ask for next.
    ///   - onAnswer: told the ends of all of them, on the thread that asks; one leader that does not answer is no
    ///     answer. It says whether the next question has time.
    package init(
        _ handle: KafkaHandle, topic: String, partitions: @escaping @Sendable () -> [Int32],
        onAnswer: @escaping @Sendable (Answer) -> Bool
    ) {
        self.handle = handle
        self.topic = topic
        let hold = Int(handle.property("fetch.wait.max.ms") ?? "") ?? 500
        timeout = Int32(Self.answerTime + min(hold, Self.holdMax))
        self.partitions = partitions
        self.onAnswer = onAnswer
    }

    package func run() async {
        let stop = ThreadSignal()
        await withTaskCancellationOrGracefulShutdownHandler {
            await NamedThread.run("kafka-ends") { [self] in
                var hasTime = false
                repeat {
                    hasTime = ask().map(onAnswer) ?? false
                } while !stop.wait(hasTime ? Self.pause : Self.pauseWhileUnknown)
            }
        } onCancelOrGracefulShutdown: {
            stop.set()
        }
    }

    private func ask() -> Answer? {
        let partitions = partitions()
        guard !partitions.isEmpty else { return nil }
        let asked = ContinuousClock.now
        // ListOffsets takes the end for a time of -1.
        let end = Int64(RD_KAFKA_OFFSET_END)
        let list = PartitionList(capacity: partitions.count)
        for partition in partitions { list.add(TopicPartition(topic: topic, partition: partition), offset: end) }
        let code = list.lend { rd_kafka_offsets_for_times(handle.client, $0, timeout) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        let ends = list.offsets.reduce(into: [Int32: Int64]()) { $0[$1.key.partition] = $1.value }
        return ends.count == partitions.count ? Answer(ends: ends, asked: asked) : nil
    }
}
