import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import Synchronization

/// A document, and how new it is at least.
struct QueryAnswer: Sendable {
    let json: [UInt8]
    /// Creation of the newest event that it is known to include, in microseconds since 1970; nil before the first.
    let asOf: Int64?

    init(_ json: [UInt8], _ asOf: Int64?) {
        self.json = json
        self.asOf = asOf
    }
}

/// Answers questions from a read-only connection. Used by one thread at a time.
struct QueryAnswering {
    private let location: StateLocation
    private let groupsKey: UTF8Text
    private let logger: Logger
    private var reader: StateReader?
    private var isFailing = false
    private var groupIndex = GroupIndex()

    init(location: StateLocation, groupsKey: UTF8Text, logger: Logger) {
        self.location = location
        self.groupsKey = groupsKey
        self.logger = logger
    }

    /// Connects when it is needed; after an error it connects again.
    mutating func answer(_ query: Query, asOf: Int64?) -> Result<QueryAnswer, QueryProblem> {
        do throws(StateError) {
            let answer = try answer(query, asOf: asOf, from: connected())
            isFailing = false
            return answer
        } catch {
            reader = nil
            if !isFailing {
                logger.error("The state cannot be read for queries", metadata: [LogKey.reason: "\(error)"])
            }
            isFailing = true
            return .failure(.unreadable)
        }
    }

    private mutating func answer(
        _ query: Query, asOf: Int64?, from reader: StateReader
    ) throws(StateError) -> Result<QueryAnswer, QueryProblem> {
        guard case .groups(let after, let limit) = query else {
            return try QueryAnswers(reader: reader, groupsKey: groupsKey).answer(query).map { QueryAnswer($0, asOf) }
        }
        let key = groupsKey
        let (page, countedAt) = try groupIndex.page(after: after, limit: limit, asOf: asOf) {
            (after, limit) throws(StateError) in
            try reader.groups(key: key, after: after, limit: limit)
        }
        return .success(QueryAnswer(QueryAnswers.document(of: page), countedAt))
    }

    private mutating func connected() throws(StateError) -> StateReader {
        if let reader { return reader }
        let reader = try location.reader()
        self.reader = reader
        return reader
    }
}

/// Answers one question after the other on a thread of its own, which they block.
actor QueryReader {
    private let executor: DedicatedThreadExecutor
    private let location: StateLocation
    private let groupsKey: UTF8Text
    private let logger: Logger
    private lazy var answering = QueryAnswering(location: location, groupsKey: groupsKey, logger: logger)

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(thread name: String, location: StateLocation, groupsKey: UTF8Text, logger: Logger) {
        executor = DedicatedThreadExecutor(name: name)
        self.location = location
        self.groupsKey = groupsKey
        self.logger = logger
    }

    func answer(_ query: Query, asOf: Int64?) -> Result<QueryAnswer, QueryProblem> {
        answering.answer(query, asOf: asOf)
    }
}

/// The readers of one kind of question; each takes the next one in its turn.
final class QueryReaders: Sendable {
    /// Questions that wait for one reader at most, the one it answers included.
    static let waitingMax = 128

    private let readers: [QueryReader]
    private let waiting: Mutex<[Int]>

    init(_ readers: [QueryReader]) {
        self.readers = readers
        waiting = Mutex(Array(repeating: 0, count: readers.count))
    }

    func answer(_ query: Query, asOf: Int64?) async -> Result<QueryAnswer, QueryProblem> {
        guard let index = enter() else { return .failure(.overloaded) }
        defer { waiting.withLock { $0[index] -= 1 } }
        return await readers[index].answer(query, asOf: asOf)
    }

    /// - Returns: the reader with the fewest questions; nil when it has too many.
    private func enter() -> Int? {
        waiting.withLock { waiting in
            var least = 0
            for index in waiting.indices where waiting[index] < waiting[least] { least = index }
            guard waiting[least] < Self.waitingMax else { return nil }
            waiting[least] += 1
            return least
        }
    }
}
