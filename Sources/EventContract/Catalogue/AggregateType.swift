/// The kinds of aggregate whose events are published, as Zitadel names them.
package enum AggregateType: UInt8, CaseIterable, Sendable {
    case user
    case userGrant
    case organization
    case project

    /// The name in Zitadel's events and in record ids.
    package var name: StaticString {
        switch self {
        case .user: "user"
        case .userGrant: "usergrant"
        case .organization: "org"
        case .project: "project"
        }
    }
}
