import Glibc

/// A flag that one thread sets and another waits for.
final class ThreadSignal: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var flag = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // By the clock of the day a wait would last as long as somebody sets that back.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    var isSet: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return flag
    }

    func set() {
        pthread_mutex_lock(mutex)
        flag = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    func clear() {
        pthread_mutex_lock(mutex)
        flag = false
        pthread_mutex_unlock(mutex)
    }

    /// Returns true as soon as the flag is set, false after the timeout.
    func wait(_ timeout: Duration) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + Int(timeout.wholeMilliseconds) * 1_000_000
        deadline.tv_sec += nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !flag {
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return flag }
        }
        return true
    }
}
