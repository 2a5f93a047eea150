/// One row of the catalogue: what becomes of a Zitadel event type.
package final class CatalogueRow: Sendable {
    /// Zitadel's event types that mean the same: the current one first, then those of old history.
    package let events: [StaticString]
    package let aggregate: AggregateType
    package let type: CanonicalType
    /// Members of the record's payload, in the order they are written.
    package let payload: [PayloadRule]
    /// Whether Zitadel never means an empty payload here: it comes from the bug of 4.1.0 to 4.1.2.
    package let emptyIsIncomplete: Bool
    /// Whether the event tells of a person's profile and of nothing else.
    package let isProfile: Bool

    init(
        _ events: StaticString..., aggregate: AggregateType, to type: CanonicalType, _ payload: [PayloadRule] = [],
        emptyIsIncomplete: Bool = false, isProfile: Bool = false
    ) {
        self.events = events
        self.aggregate = aggregate
        self.type = type
        self.payload = payload
        self.emptyIsIncomplete = emptyIsIncomplete
        self.isProfile = isProfile
    }

    /// Whether the metadata key decides if the event is forwarded. Clearing all metadata always is.
    package var isOfOneMetadataKey: Bool { type == .userMetadataSet || type == .userMetadataRemoved }
}
