/// The `source` of records: the Zitadel instance they are from, as `urn:zitadel:instance:<id>`.
package struct RecordSource: Hashable, Sendable {
    static let prefix: StaticString = "urn:zitadel:instance:"

    package let instanceID: UTF8Text
    /// The attribute's value, UTF-8.
    package let urn: [UInt8]

    package init(instanceID: UTF8Text) {
        self.instanceID = instanceID
        urn = Array(Self.prefix.bytes) + instanceID.bytes
    }
}
