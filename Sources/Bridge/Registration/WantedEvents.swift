import EventContract

extension Catalogue {
    /// Every event type of Zitadel that becomes a record, in the order of the table.
    static let eventTypes = rows.flatMap(\.events).map { "\($0)" }
}
