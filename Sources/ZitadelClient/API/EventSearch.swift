package import EventContract

/// A question to Zitadel's events search, `POST /admin/v1/events/_search` (Zitadel, `proto/zitadel/admin.proto`).
package struct EventSearch: Hashable, Sendable {
    /// Most event types that Zitadel accepts in one question.
    package static let eventTypesMax = 30
    /// Most events in one answer; Zitadel silently takes more as this.
    package static let limitMax = 1000

    package enum Window: Hashable, Sendable {
        /// Everything there is.
        case all
        /// Stored strictly later than this.
        case after(EventTime)
        /// Stored strictly later than the first and strictly earlier than the second.
        case between(EventTime, EventTime)
    }

    /// Or-ed; empty means every type.
    package var eventTypes: [String]
    /// Or-ed; empty means those of the event types.
    package var aggregateTypes: [String] = []
    package var aggregateID: String?
    /// Ascending: only greater sequences; descending: only smaller ones. Per aggregate, never a global cursor.
    package var sequence: Int64?
    package var window: Window
    /// 1 to `limitMax`.
    package var limit: Int
    /// Oldest first, by the time of storing.
    package var isAscending = true

    package init(eventTypes: [String], window: Window = .all, limit: Int = Self.limitMax) {
        self.eventTypes = eventTypes
        self.window = window
        self.limit = limit
    }
}

/// What Zitadel answered, not yet read.
package struct EventSearchAnswer: Sendable {
    /// JSON of `{"events":[…]}`; for `EventSearchPage`.
    package let body: [UInt8]
    /// Zitadel's clock less ours, in microseconds, from the answer's `Date` header, which counts whole seconds; nil
    /// without one.
    package let clockOffset: Int64?

    package init(body: [UInt8], clockOffset: Int64?) {
        self.body = body
        self.clockOffset = clockOffset
    }
}

/// Asks Zitadel for stored events.
package protocol EventSearching: Sendable {
    /// - Throws: `ZitadelAPIError` once retries within the call are used up.
    func searchEvents(_ search: EventSearch) async throws(ZitadelAPIError) -> EventSearchAnswer
}
