import KafkaClient
import ServiceRuntime
import Synchronization

/// What `/readyz` and `/status` say of the loop, written by its thread and read by any.
final class ProcessorStatus: Sendable {
    private struct State {
        var hasAssignment = false
        var storeFailure: String?
        var deadLetterFailure: String?
        var partitions: [Int32: PartitionProgress] = [:]
        var appliedAt: Int64?
        var newestEventTime: Int64?
        var completeness = Completeness()
        /// When everything was applied, as far as that was known last; the start of the process before the first time.
        var latestComplete: (at: ContinuousClock.Instant, isStart: Bool) = (.now, true)

        var isCaughtUp: Bool { !partitions.isEmpty && partitions.values.allSatisfy { $0.lag == 0 } }

        mutating func applied() {
            completeness.applied(upTo: partitions.mapValues(\.position))
            if let moment = completeness.moment { latestComplete = (moment, false) }
        }
    }

    private let state = Mutex(State())

    var hasAssignment: Bool { state.withLock { $0.hasAssignment } }

    func assigned() {
        state.withLock { $0.hasAssignment = true }
    }

    /// - Returns: whether the store worked until now.
    func storeFailed(_ reason: String) -> Bool {
        state.withLock { state in
            defer { state.storeFailure = reason }
            return state.storeFailure == nil
        }
    }

    func storeRecovered() {
        state.withLock { $0.storeFailure = nil }
    }

    /// - Parameter reason: why a dead letter is not acknowledged yet; nil once it is.
    func deadLetterFailed(_ reason: String?) {
        state.withLock { $0.deadLetterFailure = reason }
    }

    /// - Parameter partitions: every one that is assigned now.
    func measured(_ partitions: [Int32: PartitionProgress]) {
        state.withLock { state in
            state.partitions = partitions
            state.applied()
        }
    }

    /// The leaders of the partitions told where they end.
    ///
    /// - Returns: whether it is known of all partitions when everything in them was applied.
    func answered(_ answer: KafkaLogEnds.Answer) -> Bool {
        state.withLock { state in
            // A position behind the end is one in a log that is not there any more.
            let ends = answer.ends.filter { state.partitions[$0.key]?.position ?? 0 <= $0.value }
            state.completeness.end(at: ends, asked: answer.asked)
            state.applied()
            return state.completeness.moment != nil
        }
    }

    /// Those that were assigned when that was last looked at.
    var partitions: [Int32] { state.withLock { $0.partitions.keys.sorted() } }

    /// A moment of which every record in the assigned partitions is applied; nil while that is not known of one.
    var completeAt: ContinuousClock.Instant? { state.withLock { $0.completeness.moment } }

    /// The last such moment, also while a partition is assigned of which nothing is known yet, and whether there was
    /// none since the start; nil while no partition is assigned.
    var latestComplete: (at: ContinuousClock.Instant, isStart: Bool)? {
        state.withLock { $0.partitions.isEmpty ? nil : $0.latestComplete }
    }

    /// Events were applied, or found to be applied already.
    ///
    /// - Parameters:
    ///   - now: in microseconds since 1970.
    ///   - newestEventTime: creation of the newest of them by Zitadel, in microseconds since 1970.
    func applied(now: Int64, newestEventTime: Int64) {
        state.withLock { state in
            state.appliedAt = now
            state.newestEventTime = max(state.newestEventTime ?? newestEventTime, newestEventTime)
        }
    }

    /// Creation of the newest event that was applied, in microseconds since 1970.
    var newestEventTime: Int64? { state.withLock { $0.newestEventTime } }

    /// Whether no record was left to apply when that was last looked at.
    var isCaughtUp: Bool { state.withLock { $0.isCaughtUp } }

    /// Records still to apply in a partition; nil while that is not known, or another member's.
    func lag(ofPartition partition: Int32) -> Int64? {
        state.withLock { $0.partitions[partition]?.lag }
    }

    var checks: [ReadinessCheck] {
        [
            // A member without a partition does no work: it stays red until it gets one.
            ReadinessCheck(name: "group") { [self] in
                hasAssignment ? .ready : .notReady(reason: "no partition is assigned yet")
            },
            ReadinessCheck(name: "state") { [self] in
                state.withLock { $0.storeFailure }.map { .notReady(reason: $0) } ?? .ready
            },
            ReadinessCheck(name: "dead_letters") { [self] in
                state.withLock { $0.deadLetterFailure }.map { .notReady(reason: $0) } ?? .ready
            },
        ]
    }

    /// Writes the members of `/status` that the loop knows. What is not known yet is left out.
    func write(to json: inout JSONOutput) {
        let state = state.withLock { $0 }
        if let time = state.appliedAt { json.member("lastAppliedAt", WallClock.rfc3339(time)) }
        if let time = state.newestEventTime { json.member("newestEventTime", WallClock.rfc3339(time)) }
        let lags = state.partitions.values.map(\.lag)
        if !lags.isEmpty, !lags.contains(nil) { json.member("lag", lags.reduce(0) { $0 + ($1 ?? 0) }) }
        json.name("partitions")
        json.openArray()
        for (partition, progress) in state.partitions.sorted(by: { $0.key < $1.key }) {
            json.openObject()
            json.member("partition", partition)
            if let position = progress.position { json.member("position", position) }
            if let lag = progress.lag { json.member("lag", lag) }
            json.closeObject()
        }
        json.closeArray()
    }
}

/// Where the consumer stands in one partition.
struct PartitionProgress: Equatable, Sendable {
    /// Offset of the next record to apply; nil while unknown.
    var position: Int64?
    /// Records from there to the end of the partition; nil while unknown.
    var lag: Int64?

    init(_ lag: PartitionLag) {
        position = lag.position
        self.lag = lag.records
    }

    /// Sets it back to a record that was read and is not applied yet.
    mutating func setBack(to offset: Int64) {
        guard let position, offset < position else { return }
        lag = lag.map { $0 + position - offset }
        self.position = offset
    }
}
