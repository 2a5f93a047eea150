import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import Synchronization
import TestSupport

@testable import Consumer

/// A compacted topic in memory: of each user the newest line.
final class CompactedTopic: Sendable {
    private struct State {
        var lines: [UTF8Text: [UInt8]] = [:]
        var records: [StreamRecord] = []
        var generator = SeededGenerator(seed: 1)
        var faultRate = 0.0
        var unacknowledgedRate = 0.0
        var refused: Set<UTF8Text> = []

        mutating func take(_ record: StreamRecord) -> PublishError? {
            if refused.contains(record.userID) { return .recordTooLarge }
            if Double.random(in: 0..<1, using: &generator) < faultRate { return .timedOut }
            records.append(record)
            lines[record.userID] = record.line
            return Double.random(in: 0..<1, using: &generator) < unacknowledgedRate ? .timedOut : nil
        }
    }

    private let state = Mutex(State())

    /// What is in it, as `state export` prints it.
    var text: String {
        state.withLock { state in
            state.lines.sorted { $0.key < $1.key }.map { String(decoding: $0.value, as: UTF8.self) + "\n" }.joined()
        }
    }

    /// Records that it has taken, the older ones of a user included.
    var records: [StreamRecord] { state.withLock { $0.records } }

    func forgetRecords() { state.withLock { $0.records = [] } }

    /// - Parameters:
    ///   - faultRate: how many records are not taken, of 1.
    ///   - unacknowledgedRate: how many are taken, and the publisher hears that they were not.
    func fail(_ faultRate: Double, unacknowledged unacknowledgedRate: Double = 0, seed: UInt64 = 1) {
        state.withLock { state in
            state.faultRate = faultRate
            state.unacknowledgedRate = unacknowledgedRate
            state.generator = SeededGenerator(seed: seed)
        }
    }

    /// Takes no record of this user, for its size.
    func refuse(_ user: UTF8Text?) { state.withLock { $0.refused = user.map { [$0] } ?? [] } }

    func publish(_ records: [StreamRecord]) -> [PublishError?] {
        state.withLock { state in records.map { state.take($0) } }
    }

    func publisher(
        _ state: TemporaryState, holder: String = "a", publish: StreamPublisher.Publish? = nil
    ) -> StreamPublisher {
        StreamPublisher(
            holder: holder, groupsKey: "groups", metrics: StreamMetrics(MetricsRegistry()),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            open: { [location = state.location] () throws(StateError) in try location.outboxDatabase() },
            publish: publish ?? { [self] in self.publish($0) })
    }
}

extension StreamPublisher {
    /// Rounds until nothing is left to publish.
    func drain() async throws {
        var now = ContinuousClock.now
        for _ in 0..<5000 {
            switch try await round(now) {
            case .nothingToDo: return
            // Time passes, until whoever had the turn has been silent for long enough.
            case .waiting: now += .seconds(20)
            case .published, .failed: break
            }
        }
        throw NeverDrained()
    }
}

/// The publisher goes round and round.
struct NeverDrained: Error {}
