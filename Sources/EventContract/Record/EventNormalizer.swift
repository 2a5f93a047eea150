/// Makes records of events: looks the event up in the catalogue, finds its subject, writes what may pass.
package struct EventNormalizer: Sendable {
    private let metadataKeys: MetadataKeyFilter
    private let fields: PublishedFields

    package init(metadataKeys: MetadataKeyFilter, fields: PublishedFields = .all) {
        self.metadataKeys = metadataKeys
        self.fields = fields
    }

    /// What became of an event.
    package enum Outcome: Equatable, Sendable {
        /// `record` holds it.
        case record
        /// The catalogue does not name the type: nothing is to be published.
        case unknownType
        /// Metadata under a key that is not forwarded: nothing is to be published.
        case metadataKeyNotForwarded
        /// A change of a person's profile, of which nothing passes: nothing is to be published.
        case profileWithheld
        /// The payload lacks what Zitadel always sends: wait for the events search to tell the whole event.
        case incomplete
        /// The user of the grant is not known now: publishing would need a wrong key.
        case unresolvedSubject
    }

    /// Writes the event's record.
    ///
    /// - Parameters:
    ///   - source: the instance the event is from.
    ///   - record: written only when the outcome is `.record`; else unspecified.
    ///   - userOfGrant: answers the user of a grant whose event names none; asked only then.
    package func normalize(
        _ event: borrowing ZitadelEvent, from source: RecordSource, into record: inout EventRecord,
        userOfGrant: (UTF8Text) -> UTF8Text?
    ) -> Outcome {
        guard let row = row(for: event) else { return .unknownType }
        if row.isOfOneMetadataKey, let key = event.payloadMember("key")?.string, !metadataKeys.forwards(key) {
            return .metadataKeyNotForwarded
        }
        if row.isProfile, fields == .minimal { return .profileWithheld }
        guard isComplete(event, row) else { return .incomplete }
        record.key.removeAll(keepingCapacity: true)
        if row.aggregate != .userGrant {
            event.aggregateID.appendDecoded(to: &record.key)
        } else if let user = event.grantee {
            user.appendDecoded(to: &record.key)
        } else if let user = userOfGrant(event.aggregateID.text) {
            record.key.append(contentsOf: user.bytes)
        } else {
            return .unresolvedSubject
        }
        record.write(event, row, source, fields)
        return .record
    }

    /// The row of the catalogue, if the event's aggregate is the one that the type belongs to.
    private func row(for event: borrowing ZitadelEvent) -> CatalogueRow? {
        let row =
            event.type.hasEscapes
            ? event.type.text.bytes.withUnsafeBytes { Catalogue.row(forEvent: $0) }
            : Catalogue.row(forEvent: event.type.raw)
        guard let row, event.aggregateType == row.aggregate.name else { return nil }
        return row
    }

    private func isComplete(_ event: borrowing ZitadelEvent, _ row: CatalogueRow) -> Bool {
        if row.emptyIsIncomplete, event.payload.isEmpty { return false }
        for rule in row.payload {
            guard case .text(let name, isRequired: true) = rule.source else { continue }
            guard event.payloadMember(name)?.string != nil else { return false }
        }
        // A grant for nobody has no subject to be keyed by.
        return row.type != .userGrantAdded || event.grantee != nil
    }
}

extension ZitadelEvent {
    /// The user that an event of a user grant names; nil when it names none.
    package var grantee: JSONText? {
        guard let user = payloadMember("userId")?.string, !user.isEmpty else { return nil }
        return user
    }
}
