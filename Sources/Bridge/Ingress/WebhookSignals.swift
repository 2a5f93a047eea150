/// What the webhook listener tells the rest of the bridge. Called on its event loop for many requests: must be cheap.
struct WebhookSignals: Sendable {
    /// Why an event that came by webhook has to be found by polling.
    enum Refusal: Sendable {
        /// Kafka's client did not take it, or Kafka did not acknowledge it.
        case kafka
        /// Its payload lacks what Zitadel always sends.
        case incomplete
        /// The user of its grant is not known here.
        case unresolved
    }

    /// A verified event was answered 429 or 503.
    let refused: @Sendable (Refusal) -> Void
    /// A well-formed, fresh signature matches no key. Strangers can cause this at will.
    let unknownKey: @Sendable () -> Void

    static let none = WebhookSignals(refused: { _ in }, unknownKey: {})
}
