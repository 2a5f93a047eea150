import Glibc

/// Waits until the process is asked to stop: by SIGTERM, by SIGINT, or by the end of its parent.
struct StopWait {
    /// How soon the end of the parent is noticed. `PR_SET_PDEATHSIG` would not do: it fires when the parent's *thread*
    /// that started us ends.
    private static let parentCheckNanoseconds = 250_000_000

    private let signals: sigset_t
    /// The process whose end is waited for; nil when it does not matter.
    private let parent: pid_t?

    /// Blocks the signals for this thread and those it starts.
    init(untilParentIsGone: Bool) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        self.signals = signals
        parent = untilParentIsGone ? getppid() : nil
    }

    func wait() {
        var signals = signals
        var pause = timespec(tv_sec: 0, tv_nsec: Self.parentCheckNanoseconds)
        while sigtimedwait(&signals, nil, &pause) < 0 {
            if let parent, getppid() != parent { return }
        }
    }
}
