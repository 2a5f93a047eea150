import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import Synchronization

/// Answers one question after the other from a read-only connection, on a thread of its own.
actor QueryReader {
    private let executor: DedicatedThreadExecutor
    private let location: StateLocation
    private let groupsKey: UTF8Text
    private let logger: Logger
    private var reader: StateReader?
    private var isFailing = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter name: of the thread; the first 15 bytes.
    init(name: String, location: StateLocation, groupsKey: UTF8Text, logger: Logger) {
        executor = DedicatedThreadExecutor(name: name)
        self.location = location
        self.groupsKey = groupsKey
        self.logger = logger
    }

    /// Connects when it is needed; after an error it connects again.
    func answer(_ query: Query) -> Result<[UInt8], QueryProblem> {
        do throws(StateError) {
            let answer = try QueryAnswers(reader: connected(), groupsKey: groupsKey).answer(query)
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

    private func connected() throws(StateError) -> StateReader {
        if let reader { return reader }
        let reader = try location.reader()
        self.reader = reader
        return reader
    }
}

/// The readers of one kind of question; each takes the next one in its turn.
final class QueryReaders: Sendable {
    /// Questions that wait for one reader at most, the one it answers included.
    static let waitingMax = 128

    private let readers: [QueryReader]
    private let waiting: Mutex<[Int]>

    /// - Parameter names: of the threads, one a reader.
    init(names: [String], location: StateLocation, groupsKey: UTF8Text, logger: Logger) {
        readers = names.map { QueryReader(name: $0, location: location, groupsKey: groupsKey, logger: logger) }
        waiting = Mutex(Array(repeating: 0, count: names.count))
    }

    func answer(_ query: Query) async -> Result<[UInt8], QueryProblem> {
        guard let index = enter() else { return .failure(.overloaded) }
        defer { waiting.withLock { $0[index] -= 1 } }
        return await readers[index].answer(query)
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
