import EventContract
import KafkaClient

/// An event that could not be published now and must be read again.
struct HeldEvent: Equatable, Sendable {
    enum Reason: Equatable, Sendable {
        /// Nobody knows the user of this grant.
        case unresolvedSubject(grant: UTF8Text)
        /// Kafka refuses the record itself, for example as too large for the topic.
        case refused(PublishError)
    }

    let id: UTF8Text
    /// Zitadel's event type.
    let type: UTF8Text
    let createdAt: EventTime
    let reason: Reason
}

/// What became of the events of a page. Every event is counted once.
struct PageOutcome: Equatable, Sendable {
    /// Acknowledged by every in-sync replica.
    var published = 0
    /// Known to be in the topic already.
    var duplicates = 0
    /// Not to be published: a type outside the catalogue, metadata under a key that is not forwarded.
    var withheld = 0
    /// Lacks what Zitadel always sends, here too: never published.
    var incomplete = 0
    /// Not an event at all.
    var malformed = 0
    var held: [HeldEvent] = []
}

/// The polling side's door to Kafka.
protocol PagePublishing: Sendable {
    /// Publishes events of a page and returns once each is acknowledged, or is not to be published.
    ///
    /// - Parameters:
    ///   - items: indexes into `page.items`.
    ///   - path: not `webhook`.
    /// - Throws: a `PublishError` whose disposition is not `reject`, after every record in flight has its report: some
    ///   of the events may have been published.
    func publish(
        _ page: EventSearchPage, _ items: [Int], path: EventPath
    ) async throws(PublishError) -> PageOutcome

    /// Remembers users of grants, found elsewhere.
    func learn(_ users: [UTF8Text: UTF8Text]) async
}
