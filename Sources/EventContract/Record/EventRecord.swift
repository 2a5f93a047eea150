/// A Kafka record of one event: key, value, and what its headers say.
///
/// The same Zitadel event gives the same bytes by whatever way it came. Reuse one value: its buffers are kept.
package struct EventRecord {
    /// The value of the `dataschema` attribute.
    package static let dataschema: StaticString = "urn:zitadel-kafka-bridge:event:v1"
    /// The value of the `content-type` header: CloudEvents' Kafka binding, structured mode.
    package static let contentType: StaticString = "application/cloudevents+json; charset=UTF-8"
    package static let specversion: StaticString = "1.0"

    /// The subject id: a user, organization or project. Never empty.
    package internal(set) var key: [UInt8] = []
    /// `<aggregate type>/<aggregate id>/<sequence>`, the identity of the event.
    package internal(set) var id: [UInt8] = []
    /// The event's time in canonical form.
    package internal(set) var time: [UInt8] = []
    package internal(set) var type = CanonicalType.userCreated
    var writer = JSONWriter()

    /// The CloudEvent in structured JSON, one line.
    package var value: [UInt8] { writer.bytes }

    package init() {}
}

/// Names of the record's headers.
package enum RecordHeader {
    package static let contentType: StaticString = "content-type"
    package static let id: StaticString = "ce_id"
    package static let type: StaticString = "ce_type"
    package static let source: StaticString = "ce_source"
    package static let subject: StaticString = "ce_subject"
    package static let time: StaticString = "ce_time"
    package static let specversion: StaticString = "ce_specversion"
    /// How the event came: `webhook`, `poll`, `sweep` or `backfill`. May differ between deliveries of one event.
    package static let path: StaticString = "bridge-path"
    /// When the bridge received the event; RFC 3339 UTC with six digits. May differ between deliveries of one event.
    package static let receivedAt: StaticString = "bridge-received-at"
    /// The W3C trace context of the request that brought the event; only when there was one.
    package static let traceParent: StaticString = "traceparent"
}
