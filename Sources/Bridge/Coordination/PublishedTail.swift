import EventContract
import KafkaClient
import Logging
import NIOCore
import ServiceRuntime
import Synchronization

/// Learns from the topic's tail what is published already, by this bridge before its start or by others.
///
/// Without it nothing is lost: events of the overlap would be published again.
final class PublishedTail: Sendable {
    private struct Reading {
        let tail: KafkaTopicTail
        /// Milliseconds since 1970.
        let at: Int64
    }

    private static let deadline = Duration.seconds(10)
    /// Ids handed to the event loop at once.
    private static let sliceMax = 1000

    private let publishing: PublishLoop
    private let pollWindow: Int64
    private let sweepWindow: Int64
    private let clock: WallClock
    private let logger: Logger
    private let makeTail: @Sendable () throws(KafkaConfigurationError) -> KafkaTopicTail
    /// The latest for a poll; at first that of a reader which has read nothing.
    private let latest: Mutex<Reading>

    /// - Parameters:
    ///   - pollWindow: how far back a poll reads, in milliseconds.
    ///   - sweepWindow: how far back a sweep reads, in milliseconds.
    ///   - makeTail: makes a reader of the topic that has no place in it yet.
    init(
        publishing: PublishLoop, pollWindow: Int64, sweepWindow: Int64, clock: WallClock, logger: Logger,
        makeTail: @escaping @Sendable () throws(KafkaConfigurationError) -> KafkaTopicTail
    ) throws(KafkaConfigurationError) {
        self.publishing = publishing
        self.pollWindow = pollWindow
        self.sweepWindow = sweepWindow
        self.clock = clock
        self.logger = logger
        self.makeTail = makeTail
        latest = Mutex(Reading(tail: try makeTail(), at: clock.microseconds() / 1000))
    }

    /// Reads what came since the last call.
    func read(before path: EventPath) async {
        do {
            let now = clock.microseconds() / 1000
            if path == .sweep {
                // A reader of its own, because a sweep looks further back than polls do.
                try await read(makeTail(), since: now - sweepWindow) { $0.remember(inTopic: $1) }
            } else {
                try await read(tail(at: now), since: now - pollWindow) { $0.sawInTopic($1) }
            }
        } catch {
            logger.warning("The topic's tail was not read", metadata: [LogKey.reason: "\(error)"])
        }
    }

    /// The reader of the last poll, which goes on from there; a new one where that is further back than a poll looks.
    ///
    /// A bridge that is elected again after days would else read days of old records before the tail, and forget for
    /// them the ids that it will be asked for.
    private func tail(at now: Int64) throws(KafkaConfigurationError) -> KafkaTopicTail {
        let before = latest.withLock { $0 }
        let tail = try now - before.at > pollWindow ? makeTail() : before.tail
        latest.withLock { $0 = Reading(tail: tail, at: now) }
        return tail
    }

    private func read(
        _ tail: KafkaTopicTail, since: Int64,
        _ tell: @escaping @Sendable (EventPipeline, [PublishedIDs.Fingerprint]) -> Void
    ) async throws {
        let publishing = publishing
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
            if let full { publishing.execute { tell(publishing.onLoop, full) } }
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
