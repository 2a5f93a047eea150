import Foundation

/// The webhook jobs in the order of their pushes, and what became of them.
final class DeliveryQueue: @unchecked Sendable {
    /// More are refused: a simulator holds them in memory.
    static let jobsMax = 1_000_000

    // Everything below is guarded by `condition`.
    private let condition = NSCondition()
    private var jobs: [DeliveryJob] = []
    /// Jobs before this index are done; they are let go in bulk.
    private var head = 0
    /// Jobs whose time has not come, the next one last.
    private var delayed: [DeliveryJob] = []
    private var running = 0
    private var isStopped = false
    private var counts = DeliveryCounts()

    func append(_ added: [DeliveryJob]) throws(SimulatorError) {
        condition.lock()
        defer { condition.unlock() }
        let waiting = jobs.count - head + delayed.count
        guard waiting + added.count <= Self.jobsMax else {
            throw .unavailable("\(waiting) events wait for their webhook; no more are taken")
        }
        for job in added {
            guard let due = job.dueAt else {
                jobs.append(job)
                continue
            }
            // Behind those that are due at the same moment, which in this order means before them.
            let index = delayed.firstIndex { ($0.dueAt ?? due) <= due } ?? delayed.endIndex
            delayed.insert(job, at: index)
        }
        condition.broadcast()
    }

    /// The next job; waits for one until the deadline, for ever without one. `nil` when there is none or at the stop.
    func next(until deadline: Date? = nil) -> DeliveryJob? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            takeDue()
            if head < jobs.count { return take() }
            let due = delayed.last?.dueAt.map { Date(timeIntervalSinceNow: ($0 - .now) / .seconds(1)) }
            if let deadline, deadline <= Date.now { return nil }
            guard let wake = [due, deadline].compactMap({ $0 }).min() else {
                condition.wait()
                continue
            }
            _ = condition.wait(until: wake)
        }
        return nil
    }

    private func takeDue() {
        while let due = delayed.last?.dueAt, due <= .now { jobs.append(delayed.removeLast()) }
    }

    private func take() -> DeliveryJob {
        let job = jobs[head]
        head += 1
        running += 1
        if head >= 1024, head * 2 >= jobs.count {
            jobs.removeFirst(head)
            head = 0
        }
        return job
    }

    /// A job is done, with the outcomes of its calls.
    func finished(_ outcomes: [DeliveryOutcome]) {
        condition.withLock {
            running -= 1
            for outcome in outcomes { counts.add(outcome) }
        }
    }

    /// A call outside of any job, or one that was not even queued.
    func count(_ outcome: DeliveryOutcome) {
        condition.withLock { counts.add(outcome) }
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
        condition.withLock { (counts, jobs.count - head + delayed.count + running) }
    }
}

/// How a job ended. There is no second attempt.
enum DeliveryOutcome: Sendable, Equatable {
    case delivered
    /// The receiver answered with another status than 2xx.
    case refused(status: Int)
    case unreachable
    /// Too old when its turn came, or dropped by a fault: no call was made.
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
