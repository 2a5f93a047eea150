/// Whether and when a failed request is sent again within one call. A value: no clock, no network.
package struct RetryPolicy: Sendable {
    /// Requests in one call.
    package var attemptsMax = 4
    /// Doubles with each attempt, up to `pauseMax`; each pause is shortened at random by up to a half.
    package var firstPause = Duration.milliseconds(200)
    package var pauseMax = Duration.seconds(5)
    /// A server that asks for a longer wait is asked no more within this call.
    package var retryAfterMax = Duration.seconds(30)
    /// Of the whole call, pauses included.
    package var callMax = Duration.seconds(60)

    package init() {}

    /// - Parameters:
    ///   - attempt: the one that failed, from 1.
    ///   - canRepeat: it is safe to send this request again after this failure.
    ///   - elapsed: since the call began.
    ///   - jitter: which part of the second half is waited, from 0 to 1.
    /// - Returns: how long to wait before the next attempt; nil to give up.
    func pause(
        after attempt: Int, _ error: ZitadelAPIError, canRepeat: Bool, elapsed: Duration, jitter: Double
    ) -> Duration? {
        guard canRepeat, error.disposition == .retry, attempt < attemptsMax else { return nil }
        let asked = Duration.seconds(error.retryAfter ?? 0)
        guard asked <= retryAfterMax else { return nil }
        let step = min(pauseMax, firstPause * (1 << min(attempt - 1, 16)))
        let pause = max(asked, step * (0.5 + jitter / 2))
        return elapsed + pause < callMax ? pause : nil
    }
}
