import EventContract
import KafkaClient
import Logging
import NIOCore
import ServiceRuntime
import Synchronization

/// Learns from the topic's tail what is published already, by this bridge before its start or by others.
///
/// Without it nothing is lost: events of the overlap would be published again.
struct PublishedTail: Sendable {
    private static let deadline = Duration.seconds(10)
    /// Ids handed to the event loop at once.
    private static let sliceMax = 1000

    let tail: KafkaTopicTail
    /// A reader of its own for each sweep, which looks further back than polls do.
    let makeSweepTail: @Sendable () throws(KafkaConfigurationError) -> KafkaTopicTail
    let publishing: PublishLoop
    /// How far back a poll and a sweep read, in milliseconds.
    let pollWindow: Int64
    let sweepWindow: Int64
    let clock: WallClock
    let logger: Logger

    /// Reads what came since the last call.
    func read(before path: EventPath) async {
        do {
            let now = clock.microseconds() / 1000
            if path == .sweep {
                try await read(makeSweepTail(), since: now - sweepWindow) { $0.remember(inTopic: $1) }
            } else {
                try await read(tail, since: now - pollWindow) { $0.sawInTopic($1) }
            }
        } catch {
            logger.warning("The topic's tail was not read", metadata: [LogKey.reason: "\(error)"])
        }
    }

    private func read(
        _ tail: KafkaTopicTail, since: Int64,
        _ tell: @escaping @Sendable (EventPipeline, [PublishedIDs.Fingerprint]) -> Void
    ) async throws {
        let slice = Mutex<[PublishedIDs.Fingerprint]>([])
        let progress = try await tail.catchUp(
            since: since, recordsMax: PublishedIDs.countMin, deadline: Self.deadline
        ) { record in
            guard let id = PublishedIDs.Fingerprint(record) else { return }
            let full = slice.withLock { slice -> [PublishedIDs.Fingerprint]? in
                slice.append(id)
                guard slice.count == Self.sliceMax else { return nil }
                defer { slice = [] }
                return slice
            }
            if let full { publishing.loop.execute { tell(publishing.onLoop, full) } }
        }
        let rest = slice.withLock { $0 }
        try await publishing.withPipeline { tell($0, rest) }
        if !progress.reachedEnd {
            logger.info(
                "The topic's tail was not read to its end; events may be published again",
                metadata: [LogKey.count: "\(progress.records)"])
        }
    }
}

extension PublishedIDs.Fingerprint {
    /// Nil for a record that no bridge wrote.
    init?(_ record: ConsumedRecord) {
        guard let id = record.header(RecordHeader.id), let type = record.header(RecordHeader.type),
            let time = record.header(RecordHeader.time)
        else { return nil }
        self.init(id: id, type: type, time: time)
    }
}
