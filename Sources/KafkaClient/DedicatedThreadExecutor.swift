import Glibc

/// Runs an actor on one named thread of its own, where blocking calls hold up nobody else.
///
/// The actor keeps it in a stored property and returns `asUnownedSerialExecutor()` from `unownedExecutor`. The thread
/// ends when the last reference goes: an actor with work left is itself alive, so no job is ever dropped.
package final class DedicatedThreadExecutor: SerialExecutor {
    private let jobs = JobQueue()
    private let thread: pthread_t

    /// - Parameter name: shown by `top -H`; the first 15 bytes.
    package init(name: String) {
        let jobs = jobs
        thread = NamedThread.start(name, { jobs.runUntilStopped() }, joinable: true)
    }

    deinit {
        jobs.stop()
        // The last job may have held the last reference: a thread cannot wait for itself.
        if isCurrentThread { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }

    package func enqueue(_ job: consuming ExecutorJob) { jobs.append(UnownedJob(job), on: self) }

    package func checkIsolated() { precondition(isCurrentThread, "Not on the executor's own thread.") }

    private var isCurrentThread: Bool { pthread_equal(pthread_self(), thread) != 0 }
}

/// Jobs with the executor they are for, which they keep alive until they have run.
private final class JobQueue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [(job: UnownedJob, executor: DedicatedThreadExecutor)] = []
    private var isStopped = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func append(_ job: UnownedJob, on executor: DedicatedThreadExecutor) {
        pthread_mutex_lock(mutex)
        waiting.append((job, executor))
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    func runUntilStopped() {
        while let batch = next() {
            for (job, executor) in batch { job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
        }
    }

    /// Every job that waits, in order; blocks while there is none. Nil once stopped.
    private func next() -> [(job: UnownedJob, executor: DedicatedThreadExecutor)]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty {
            if isStopped { return nil }
            pthread_cond_wait(condition, mutex)
        }
        defer { waiting = [] }
        return waiting
    }
}
