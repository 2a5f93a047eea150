/// How one member of a record's payload comes from Zitadel's payload. What no rule names is withheld.
package struct PayloadRule: Sendable {
    package enum Source: Sendable {
        /// A string member of Zitadel's payload; `""` passes, null and any other type count as not sent.
        case text(StaticString, isRequired: Bool)
        /// Zitadel's number 1, 2 or 3 as `female`, `male` or `diverse`; any other number is `unspecified`.
        case gender
        /// The strings of `roleKeys` in their order, doubles included; always written, `[]` when not sent.
        case roleKeys
        /// The same text for every event of the row.
        case constantText(StaticString)
        /// The same flag for every event of the row.
        case constantFlag(Bool)
        /// The user the grant is for, which Zitadel may omit: the subject of the record.
        case grantee
    }

    package let field: PayloadField
    package let source: Source
    /// Tells of a person: left out of records without profiles (`PublishedFields.minimal`).
    package let isPersonal: Bool

    init(field: PayloadField, source: Source, isPersonal: Bool = false) {
        self.field = field
        self.source = source
        self.isPersonal = isPersonal
    }

    /// A text member that Zitadel names `source`.
    static func text(_ field: PayloadField, from source: StaticString) -> Self {
        Self(field: field, source: .text(source, isRequired: false))
    }

    /// A text member without which Zitadel cannot have meant the event.
    static func identifying(_ field: PayloadField, from source: StaticString) -> Self {
        Self(field: field, source: .text(source, isRequired: true))
    }

    /// A text member that tells of a person.
    static func personal(_ field: PayloadField, from source: StaticString, isRequired: Bool = false) -> Self {
        Self(field: field, source: .text(source, isRequired: isRequired), isPersonal: true)
    }

    static let gender = Self(field: .gender, source: .gender, isPersonal: true)
    static let roleKeys = Self(field: .roleKeys, source: .roleKeys)
    static let grantee = Self(field: .userID, source: .grantee)

    static func cascade(_ value: Bool) -> Self {
        Self(field: .cascade, source: .constantFlag(value))
    }
}
