import EventContract
import KafkaClient
import Logging
import Synchronization

/// Reads cursors from the cursor topic, for commands, which stand for no election.
final class StoredCursors: Sendable {
    private static let deadline = Duration.seconds(20)
    /// Compaction keeps a record a key; a busy topic may hold a day of the cursors that it has not compacted yet.
    private static let recordsMax = 1_000_000

    private let tail: KafkaTopicTail
    /// Newest value by key; nil for a tombstone.
    private let latest = Mutex<[[UInt8]: [UInt8]]>([:])
    private let wanted: Set<[UInt8]>

    /// - Parameter wanted: keys; records of others are passed over.
    init(
        _ kafka: KafkaConfiguration, topic: String, wanted: Set<[UInt8]>, logger: Logger
    ) throws(KafkaConfigurationError) {
        tail = try KafkaTopicTail(kafka, topic: topic, logger: logger)
        self.wanted = wanted
    }

    /// Reads what came since the last call, the first time from the topic's beginning.
    ///
    /// - Returns: nil when nothing was ever written, or the topic is missing.
    func cursor(_ key: [UInt8]) async throws(StoredCursorError) -> PollCursor? {
        let progress: TailProgress
        do throws(KafkaConsumerError) {
            progress = try await tail.catchUp(since: 0, recordsMax: Self.recordsMax, deadline: Self.deadline) {
                [self] in take($0)
            }
        } catch {
            throw .topicNotRead("\(error)")
        }
        guard progress.reachedEnd || progress.partitions == 0 else {
            throw .topicNotRead("its end was not reached within \(Self.deadline.components.seconds) s")
        }
        guard let json = latest.withLock({ $0[key] }) else { return nil }
        do throws(PollCursorError) { return try PollCursor(json: json) } catch { throw .unreadable(error) }
    }

    private func take(_ record: ConsumedRecord) {
        guard let key = record.key.map({ [UInt8]($0) }), wanted.contains(key) else { return }
        let value = record.value.map { [UInt8]($0) }
        latest.withLock { $0[key] = value }
    }
}

/// Why it is not known how far an earlier run came.
enum StoredCursorError: Error, Equatable {
    case topicNotRead(String)
    case unreadable(PollCursorError)

    var advice: Advice {
        switch self {
        case .topicNotRead(let reason):
            Advice(
                "The cursor topic cannot be read: \(reason)",
                fix: "Start Kafka, or correct KAFKA_BOOTSTRAP_SERVERS; this user needs the right to read "
                    + "KAFKA_CURSOR_TOPIC.")
        case .unreadable(let error):
            Advice(
                "The stored cursor is unusable: \(error)",
                fix: "Use the version of the bridge that wrote it. `run` reads all of history instead; "
                    + "`backfill --restart` begins again.")
        }
    }
}

extension StoredCursorError: CustomStringConvertible {
    var description: String { advice.description }
}

/// Writes the poll cursor beside a bridge that runs: never behind what that one has stored, nor past what a sweep of it
/// has set back meanwhile.
struct ForwardCursorStore: CursorStore {
    let topic: CursorTopic
    let key: [UInt8]
    let stored: StoredCursors

    func save(_ cursor: PollCursor) async throws(PublishError) {
        var cursor = cursor
        // One that cannot be read now is not worth a failure: going back costs duplicates, which are harmless.
        if let newer = try? await stored.cursor(key) { cursor.merge(newer) }
        try await topic.write(key, cursor.json)
    }
}
