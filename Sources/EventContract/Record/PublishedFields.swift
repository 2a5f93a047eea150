/// How much of an event passes into its record.
package enum PublishedFields: String, CaseIterable, Sendable {
    /// Every member of the catalogue.
    case all
    /// Who exists, in which state, with which metadata and grants; nothing that tells of a person. A machine user's
    /// names stay.
    case minimal
}
