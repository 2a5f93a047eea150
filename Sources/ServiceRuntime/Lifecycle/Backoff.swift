/// How long to wait before the next attempt: doubling from `initial` to `maximum`, each wait shortened at random
/// by up to a half so that many processes do not come back together.
package struct Backoff: Sendable {
    package let initial: Duration
    package let maximum: Duration
    private var next: Duration

    package init(initial: Duration, maximum: Duration) {
        precondition(initial > .zero && initial <= maximum, "A backoff grows from above zero to its maximum.")
        self.initial = initial
        self.maximum = maximum
        next = initial
    }

    /// An attempt failed: wait this long, between a half and the whole of the current step.
    ///
    /// - Parameter jitter: which part of the second half is waited, from 0 to 1.
    package mutating func attemptFailed(jitter: Double = .random(in: 0...1)) -> Duration {
        let step = next
        next = min(maximum, step * 2)
        return step * (0.5 + jitter / 2)
    }

    /// An attempt succeeded: the next failure starts small again.
    package mutating func attemptSucceeded() {
        next = initial
    }
}
