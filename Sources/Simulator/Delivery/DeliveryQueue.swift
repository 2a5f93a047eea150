import Foundation

/// The webhook jobs in the order of their pushes, and what became of them.
final class DeliveryQueue: @unchecked Sendable {
    /// One call that is due.
    struct Job: Sendable {
        /// The event, or the line of a history: for the log.
        var name: String
        var body: [UInt8]
        var queuedAt: ContinuousClock.Instant
    }

    /// More are refused: a simulator holds them in memory.
    static let jobsMax = 1_000_000

    // Everything below is guarded by `condition`.
    private let condition = NSCondition()
    private var jobs: [Job] = []
    /// Jobs before this index are done; they are let go in bulk.
    private var head = 0
    private var isRunningOne = false
    private var isStopped = false
    private var counts = DeliveryCounts()

    func append(_ added: [Job]) throws(SimulatorError) {
        condition.lock()
        defer { condition.unlock() }
        guard jobs.count - head + added.count <= Self.jobsMax else {
            throw .unavailable("\(jobs.count - head) events wait for their webhook; no more are taken")
        }
        jobs += added
        condition.broadcast()
    }

    /// The next job; waits for one until the deadline, for ever without one. `nil` when there is none or at the stop.
    func next(until deadline: Date? = nil) -> Job? {
        condition.lock()
        defer { condition.unlock() }
        while head == jobs.count, !isStopped {
            guard let deadline else {
                condition.wait()
                continue
            }
            guard condition.wait(until: deadline) else { break }
        }
        guard head < jobs.count, !isStopped else { return nil }
        let job = jobs[head]
        head += 1
        isRunningOne = true
        if head >= 1024, head * 2 >= jobs.count {
            jobs.removeFirst(head)
            head = 0
        }
        return job
    }

    func finished(_ outcome: DeliveryOutcome) {
        condition.withLock {
            isRunningOne = false
            counts.add(outcome)
        }
    }

    /// Sleeps, but not past the stop.
    func pause(_ seconds: Double) {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !isStopped, condition.wait(until: deadline) {}
    }

    func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }

    var hasStopped: Bool { condition.withLock { isStopped } }

    /// Outcomes so far, and the jobs that wait or run.
    var statistics: (counts: DeliveryCounts, pending: Int) {
        condition.withLock { (counts, jobs.count - head + (isRunningOne ? 1 : 0)) }
    }
}

/// How a job ended. There is no second attempt.
enum DeliveryOutcome: Sendable, Equatable {
    case delivered
    /// The receiver answered with another status than 2xx.
    case refused(status: Int)
    case unreachable
    /// Too old when its turn came: no call was made.
    case dropped
}

struct DeliveryCounts: Sendable, Equatable {
    var delivered = 0
    /// By status.
    var refused: [Int: Int] = [:]
    var unreachable = 0
    var dropped = 0

    mutating func add(_ outcome: DeliveryOutcome) {
        switch outcome {
        case .delivered: delivered += 1
        case .refused(let status): refused[status, default: 0] += 1
        case .unreachable: unreachable += 1
        case .dropped: dropped += 1
        }
    }
}
