/// The page of a list that a request asks for.
struct Pagination: Sendable {
    private static let limitDefault = 100
    private static let limitMax = 1000

    private let offset: Int
    private let limit: Int
    private let isAscending: Bool

    init(_ request: RequestMessage) throws(GatewayError) {
        let pagination = try request.message("pagination") ?? RequestMessage([:])
        offset = try pagination.unsigned("offset")
        isAscending = try pagination.bool("asc")
        let limit = try pagination.unsigned("limit")
        guard limit <= Self.limitMax else {
            throw .invalid("Errors.Query.LimitExceeded", id: "QUERY-4M0fs")
        }
        self.limit = limit == 0 ? Self.limitDefault : limit
    }

    /// - Parameter entries: all that match, oldest first.
    func answer(_ member: String, _ entries: [String]) -> String {
        let page = (isAscending ? entries : entries.reversed()).dropFirst(offset).prefix(limit)
        let total = entries.isEmpty ? "" : "\"totalResult\":\"\(entries.count)\","
        let list = page.isEmpty ? "" : ",\"\(member)\":[\(page.joined(separator: ","))]"
        return "{\"pagination\":{\(total)\"appliedLimit\":\"\(limit)\"}\(list)}"
    }
}

/// A text to look for, and how.
struct TextFilter: Sendable {
    private let text: String
    private let method: String

    init(_ message: RequestMessage, member: String) throws(GatewayError) {
        text = try message.text(member) ?? ""
        method = try message.text("method") ?? "TEXT_FILTER_METHOD_EQUALS"
    }

    func matches(_ value: String) -> Bool {
        switch method {
        case "TEXT_FILTER_METHOD_EQUALS_IGNORE_CASE": value.lowercased() == text.lowercased()
        case "TEXT_FILTER_METHOD_STARTS_WITH": value.hasPrefix(text)
        case "TEXT_FILTER_METHOD_CONTAINS": value.contains(text)
        case "TEXT_FILTER_METHOD_ENDS_WITH": value.hasSuffix(text)
        default: value == text
        }
    }
}
