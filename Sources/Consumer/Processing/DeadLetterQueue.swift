import EventContract
import KafkaClient

/// The dead letters of one batch that are not acknowledged yet: which of them are published together, and what follows
/// from the answers.
///
/// Brokers take or refuse as a whole what reaches them in one request, and the topic's `max.message.bytes` bounds all
/// of it. So only a letter that went alone counts as refused; until then fewer go together.
struct DeadLetterQueue {
    enum Step: Equatable {
        /// Publish the next slice, if something is left.
        case goOn
        /// The same, after a pause.
        case tryAgain(PublishError)
        /// No other attempt mends it.
        case end(PublishError)
    }

    /// Letters published together at most: bounds their part of the producer's queue, and how long a shutdown waits.
    static let sliceSizeMax = 500
    /// Bytes of their keys and values; the last letter may exceed it.
    static let sliceBytesMax = 4 << 20

    private let count: Int
    private let letter: (Int) -> DeadLetter
    /// How many were made; the others are still to come.
    private var made = 0
    /// Made and not acknowledged, oldest first.
    private var waiting: [DeadLetter] = []
    private var sizeMax = Self.sliceSizeMax

    /// - Parameter letter: makes one of them when its turn comes, so that a batch is never in memory twice.
    init(count: Int, _ letter: @escaping (Int) -> DeadLetter) {
        self.count = count
        self.letter = letter
    }

    var isEmpty: Bool { waiting.isEmpty && made == count }

    /// What is to be published together now.
    mutating func nextSlice() -> [DeadLetter] {
        var bytes = waiting.reduce(0) { $0 + $1.bytes }
        while waiting.count < sizeMax, bytes < Self.sliceBytesMax, made < count {
            let next = letter(made)
            waiting.append(next)
            bytes += next.bytes
            made += 1
        }
        return Array(waiting.prefix(sizeMax))
    }

    /// The slice was published.
    ///
    /// - Parameter failures: for each of its letters why it is not acknowledged.
    mutating func answered(_ failures: [PublishError?]) -> Step {
        let errors = failures.compactMap { $0 }
        if let error = errors.first(where: { $0.disposition == .stop }) { return .end(error) }
        let isRefused = errors.contains { $0.disposition == .reject }
        if isRefused, failures.count == 1 { return refusedAlone(errors[0]) }
        let failed = zip(waiting, failures).filter { $0.1 != nil }.map(\.0)
        waiting = failed + waiting.dropFirst(failures.count)
        if isRefused { sizeMax = max(failures.count / 2, 1) }
        if errors.isEmpty { sizeMax = min(sizeMax * 2, Self.sliceSizeMax) }
        guard let error = errors.first(where: { $0.disposition == .retry }) else { return .goOn }
        return .tryAgain(error)
    }

    private mutating func refusedAlone(_ error: PublishError) -> Step {
        // Too large with its headers: the origin in them still finds the record.
        guard waiting[0].value?.isEmpty == false else { return .end(error) }
        waiting[0] = waiting[0].withoutValue
        return .tryAgain(error)
    }
}

extension DeadLetterQueue {
    /// - Parameters:
    ///   - unreadable: places in the batch.
    ///   - now: in microseconds since 1970.
    init(
        _ unreadable: [(index: Int, reason: RecordReadError)], of batch: RecordBatch, groupID: String, now: Int64
    ) {
        self.init(count: unreadable.count) { place in
            DeadLetter(
                batch[unreadable[place].index], reason: unreadable[place].reason, groupID: groupID, now: now)
        }
    }
}
