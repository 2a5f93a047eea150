import EventContract

extension ZitadelAPI: EventSearching {
    /// Of one events search, in bytes: above what Zitadel's gRPC lets through (10 MiB, Zitadel #12066).
    private static let searchAnswerSizeMax = 16 << 20

    package func searchEvents(_ search: EventSearch) async throws(ZitadelAPIError) -> EventSearchAnswer {
        let call = ZitadelCall(
            operation: .eventsSearch, method: .post, path: "/admin/v1/events/_search",
            body: ZitadelJSON.encode(EventSearchBody(search)), timeout: .seconds(60),
            answerSizeMax: Self.searchAnswerSizeMax)
        return try await perform(call) { (response) throws(ZitadelAPIError) in
            guard response.body.first(where: { $0 > UInt8(ascii: " ") }) == UInt8(ascii: "{") else {
                throw ZitadelAPIError(
                    .malformedAnswer, status: response.status, message: "the answer is no JSON object")
            }
            return EventSearchAnswer(body: response.body, clockOffset: response.clockOffset)
        }
    }
}

extension HTTPResponse {
    /// The server's clock less ours, in microseconds. A server writes `Date` when its answer begins, so it is compared
    /// with that moment: in the middle of the exchange a long search would count for half.
    var clockOffset: Int64? { date.map { $0 * 1_000_000 - firstByteAt } }
}

/// Zitadel, `proto/zitadel/admin.proto`, `ListEventsRequest`.
private struct EventSearchBody: Encodable {
    struct Range: Encodable {
        let since: String
        let until: String
    }

    let asc: Bool
    let limit: Int
    var eventTypes: [String]?
    var aggregateTypes: [String]?
    let aggregateId: String?
    let sequence: String?
    var from: String?
    var range: Range?

    init(_ search: EventSearch) {
        precondition((1...EventSearch.limitMax).contains(search.limit), "Zitadel takes more than 1000 as 1000.")
        precondition(search.eventTypes.count <= EventSearch.eventTypesMax, "Zitadel refuses more event types.")
        asc = search.isAscending
        limit = search.limit
        if !search.eventTypes.isEmpty { eventTypes = search.eventTypes }
        if !search.aggregateTypes.isEmpty { aggregateTypes = search.aggregateTypes }
        aggregateId = search.aggregateID
        sequence = search.sequence.map(String.init)
        switch search.window {
        case .all: break
        case .after(let time): from = time.description
        case .between(let since, let until): range = Range(since: since.description, until: until.description)
        }
    }
}
