/// Waits for the fate of one accepted record, or of several: whoever publishes subclasses it.
///
/// The producer retains it once for each record in flight, so that publishing allocates nothing of its own.
/// Open, and with it `PublishError` public, because a `package` class cannot be subclassed in another module.
open class DeliveryReceiver {
    public init() {}

    /// Called exactly once for each accepted record, on the thread that serves the producer's events.
    ///
    /// - Parameter failure: nil once every in-sync replica has the record.
    open func recordDelivered(_ failure: PublishError?) {}
}
