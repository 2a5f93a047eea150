/// An event as its record tells it: what a consumer applies.
package struct CanonicalEvent: Sendable, Equatable {
    package let aggregateType: AggregateType
    package let aggregateID: UTF8Text
    /// The event's place within its aggregate, 1 or more.
    package let sequence: Int64
    /// The organization that owns the aggregate; empty when the record has none.
    package let resourceOwner: UTF8Text
    package let type: CanonicalType
    /// The subject id, which is the record's key.
    package let subject: UTF8Text
    package let time: EventTime
    /// The Zitadel instance the event is from.
    package let instanceID: UTF8Text
    /// Who caused the event; empty when the record has none.
    package let editor: UTF8Text
    package let payload: Payload
    /// How this delivery came; nil where the record does not say. No part of the event: deliveries differ in it.
    package var path: DeliveryPath?

    /// `<aggregate type>/<aggregate id>/<sequence>`, the identity of the event.
    package var id: UTF8Text {
        var bytes = Array(aggregateType.name.bytes)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: aggregateID.bytes)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: String(sequence).utf8)
        return UTF8Text(bytes: bytes)
    }

    package static func == (left: CanonicalEvent, right: CanonicalEvent) -> Bool {
        left.aggregateType == right.aggregateType && left.aggregateID == right.aggregateID
            && left.sequence == right.sequence && left.resourceOwner == right.resourceOwner && left.type == right.type
            && left.subject == right.subject && left.time == right.time && left.instanceID == right.instanceID
            && left.editor == right.editor && left.payload == right.payload
    }
}
