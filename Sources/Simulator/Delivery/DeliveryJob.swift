/// One entry of Zitadel's execution queue: an event and the targets to call, as they were when it was pushed.
struct DeliveryJob: Sendable {
    /// One target's call.
    struct Call: Sendable, Equatable {
        var endpoint: String
        /// Empty: the call is not signed.
        var signingKey: String
        var timeoutMilliseconds = DeliveryWorker.jobTimeoutMilliseconds
        /// A failure ends the job.
        var interruptOnError = false
        /// The job does not wait for it.
        var isAsync = false
    }

    /// The event, or the line of a history: for the log.
    var name: String
    var body: [UInt8]
    /// In the order they are made.
    var calls: [Call]
    var queuedAt: ContinuousClock.Instant
    /// Not before; `nil` is at once.
    var dueAt: ContinuousClock.Instant?
}

extension DeliveryJob.Call {
    init(_ target: ActionTarget) {
        endpoint = target.endpoint
        signingKey = target.signingKey
        timeoutMilliseconds = Int(max(1, target.timeoutNanoseconds / 1_000_000))
        interruptOnError = target.interruptOnError
        isAsync = target.kind == .restAsync
    }
}
