/// One request of the events search (Zitadel, `proto/zitadel/admin.proto`, `ListEvents`).
struct EventQuery: Sendable {
    static let limitMax = 1000
    static let eventTypesMax = 30
    static let aggregateTypesMax = 10
    private static let textSizeMax = 200

    var limit = Self.limitMax
    var isAscending = false
    /// Compared with the sequence of each aggregate; 0 is off.
    var sequence = 0
    var editor: String?
    var aggregateID: String?
    var resourceOwner: String?
    var eventTypes: Set<String> = []
    var aggregateTypes: Set<String> = []
    /// Microseconds since 1970, both exclusive.
    var after: Int64?
    var before: Int64?

    init(_ request: RequestMessage) throws(GatewayError) {
        let limit = try request.unsigned("limit")
        self.limit = limit == 0 || limit > Self.limitMax ? Self.limitMax : limit
        isAscending = try request.bool("asc")
        sequence = try request.unsigned("sequence")
        editor = try Self.text(request, "editorUserId")
        aggregateID = try Self.text(request, "aggregateId")
        resourceOwner = try Self.text(request, "resourceOwner")
        eventTypes = try Self.texts(request, "eventTypes", max: Self.eventTypesMax)
        aggregateTypes = try Self.texts(request, "aggregateTypes", max: Self.aggregateTypesMax)
        try readTimes(request)
    }

    private mutating func readTimes(_ request: RequestMessage) throws(GatewayError) {
        let from = try request.time("from")
        if let range = try request.message("range") {
            guard !request.has("from") else {
                throw .invalid("proto: (line 1:2): error parsing \"range\", oneof creation_date_filter is already set")
            }
            after = try range.time("since")
            before = try range.time("until")
            return
        }
        let alias = try request.time("creationDate")
        if isAscending { after = from ?? alias } else { before = from ?? alias }
    }

    func matches(_ event: StoredEvent) -> Bool {
        if let after, event.createdAt <= after { return false }
        if let before, event.createdAt >= before { return false }
        if !eventTypes.isEmpty, !eventTypes.contains(event.type) { return false }
        if !aggregateTypes.isEmpty, !aggregateTypes.contains(event.aggregate.type) { return false }
        if let aggregateID, event.aggregate.id != aggregateID { return false }
        if let resourceOwner, event.aggregate.resourceOwner != resourceOwner { return false }
        if let editor, event.editor != editor { return false }
        if sequence > 0 { return isAscending ? event.sequence > sequence : event.sequence < sequence }
        return true
    }

    private static func text(_ request: RequestMessage, _ name: String) throws(GatewayError) -> String? {
        guard let text = try request.text(name), !text.isEmpty else { return nil }
        guard text.unicodeScalars.count <= textSizeMax else {
            throw .invalid("invalid ListEventsRequest.\(name): value length must be at most \(textSizeMax) runes")
        }
        return text
    }

    private static func texts(
        _ request: RequestMessage, _ name: String, max: Int
    ) throws(GatewayError) -> Set<String> {
        let texts = try request.texts(name)
        guard texts.count <= max else {
            throw .invalid("invalid ListEventsRequest.\(name): value must contain no more than \(max) item(s)")
        }
        return Set(texts)
    }
}
