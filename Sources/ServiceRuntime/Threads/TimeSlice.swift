import CLinux

/// How long a thread runs before others on its core get their turn.
package enum TimeSlice {
    /// The shortest that Linux takes.
    package static let shortest = Duration.microseconds(100)

    /// Asks for short time slices for the calling thread, which has short work to do and is waited for.
    ///
    /// A thread gets no more of a core by this, but gets it sooner: it need not wait until one with long slices has
    /// used up its own (Linux 6.12 and later, `sched_setattr(2)`; without effect before). Its niceness stays.
    /// - Returns: false when the system refuses it, as some sandboxes do. Everything works without.
    @discardableResult
    package static func preferShort() -> Bool {
        var attributes = zkb_sched_attr()
        guard zkb_sched_getattr(&attributes) == 0 else { return false }
        attributes.runtime = UInt64(shortest / .nanoseconds(1))
        return zkb_sched_setattr(&attributes) == 0
    }
}
