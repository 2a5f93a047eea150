import ServiceRuntime

/// The stream an event belongs to.
struct Aggregate: Hashable, Sendable {
    var type: String
    var id: String
    /// The organization that owns the aggregate.
    var resourceOwner: String

    /// The revision Zitadel writes with the events of the type.
    var version: String { type == "user" ? "v2" : "v1" }
}

/// An event that is about to be pushed.
struct NewEvent: Sendable {
    var aggregate: Aggregate
    var type: String
    /// One JSON object as Go writes it; `nil` when the type has no payload.
    var payload: String?
}

/// An event in the store.
struct StoredEvent: Sendable, Equatable {
    var aggregate: Aggregate
    /// The place within the aggregate, from 1.
    var sequence: Int
    var type: String
    /// Microseconds since 1970.
    var createdAt: Int64
    /// Who caused it.
    var editor: String
    var payload: String?
    /// The place within the transaction that wrote it, from 1.
    var placeInTransaction = 1

    /// `<aggregate type>/<aggregate id>/<sequence>`
    var id: String { "\(aggregate.type)/\(aggregate.id)/\(sequence)" }

    /// How a release of Zitadel writes the payload into a webhook.
    enum PayloadStyle: Sendable {
        /// The bytes as stored; no member for an event without payload (3.4.2, 4.1.3 and later).
        case asStored
        /// `{}` for an event without payload (3.0 to 3.4.1, 4.0).
        case emptyWhenAbsent
        /// Always `{}` (4.1.0 to 4.1.2, issue 10650).
        case alwaysEmpty
    }

    /// The body Zitadel posts for an event execution, byte for byte: members in its order, empty ones left out.
    func webhookBody(instanceID: String, payloads: PayloadStyle = .asStored) -> String {
        GoJSON.object { body in
            body.memberUnlessEmpty("aggregateID", aggregate.id)
            body.memberUnlessEmpty("aggregateType", aggregate.type)
            body.memberUnlessEmpty("resourceOwner", aggregate.resourceOwner)
            body.memberUnlessEmpty("instanceID", instanceID)
            body.memberUnlessEmpty("version", aggregate.version)
            body.member("sequence", sequence)
            body.memberUnlessEmpty("event_type", type)
            body.member("created_at", Self.rfc3339Nano(createdAt))
            body.memberUnlessEmpty("userID", editor)
            switch payloads {
            case .asStored: if let payload { body.member("event_payload", raw: payload) }
            case .emptyWhenAbsent: body.member("event_payload", raw: payload ?? "{}")
            case .alwaysEmpty: body.member("event_payload", raw: "{}")
            }
        }
    }

    /// Go's RFC3339Nano: trailing zeros of the fraction are cut, and the point when nothing is left.
    static func rfc3339Nano(_ microseconds: Int64) -> String {
        var text = WallClock.rfc3339(microseconds).dropLast()
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text + "Z"
    }
}
