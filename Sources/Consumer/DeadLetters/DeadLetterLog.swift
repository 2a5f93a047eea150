import KafkaClient
import Logging
import Synchronization

/// The dead letter topic as it is now: its letters, each with what the marks behind it say.
struct DeadLetterLog: Sendable {
    /// Records read at most, the newest.
    private static let recordsMax = 1_000_000
    private static let readTimeout = Duration.seconds(60)

    /// In the order of their places.
    private(set) var letters: [StoredLetter]

    init(_ records: [StoredLetter]) {
        var letters: [PartitionOffset: StoredLetter] = [:]
        for record in records where record.marked == nil { letters[record.place] = record }
        for record in records.sorted(by: { $0.place < $1.place }) {
            if let place = record.marked { letters[place]?.take(record) }
        }
        self.letters = letters.values.sorted { $0.place < $1.place }
    }

    /// - Throws: `DeadLetterError`, or `KafkaConfigurationError` for a refused property.
    static func read(_ configuration: ConsumerConfiguration, _ logger: Logger) async throws -> DeadLetterLog {
        let tail = try KafkaTopicTail(configuration.kafka, topic: configuration.deadLetterTopic, logger: logger)
        let records = Records()
        let progress = try await tail.catchUp(since: 0, recordsMax: recordsMax, deadline: readTimeout) {
            records.append(StoredLetter($0))
        }
        guard let partitions = progress.partitions, partitions == 0 || progress.reachedEnd else {
            throw DeadLetterError.notRead(topic: configuration.deadLetterTopic)
        }
        return DeadLetterLog(records.all)
    }

    subscript(place: PartitionOffset) -> StoredLetter? { letters.first { $0.place == place } }
}

/// Filled on the reader's thread.
private final class Records: Sendable {
    private let records = Mutex<[StoredLetter]>([])

    var all: [StoredLetter] { records.withLock { $0 } }

    func append(_ record: StoredLetter) { records.withLock { $0.append(record) } }
}

/// Why a command on dead letters could not do what it was asked for.
enum DeadLetterError: Error, Equatable, CustomStringConvertible {
    case notRead(topic: String)
    case noSuchLetter(PartitionOffset)
    case notPublished(PartitionOffset, reason: String)
    case stillUnreadable(count: Int)

    var description: String {
        switch self {
        case .notRead(let topic): "the topic \(topic) could not be read to its end: do the brokers answer?"
        case .noSuchLetter(let place): "there is no dead letter \(place)"
        case .notPublished(let place, let reason): "dead letter \(place) was not published: \(reason)"
        case .stillUnreadable(let count): "\(count) dead letters cannot be read by this version and stay"
        }
    }
}
