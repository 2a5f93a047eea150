/// The members that a record's payload can have.
package enum PayloadField: UInt8, CaseIterable, Sendable {
    case kind, selfRegistered, username, firstName, lastName, nickName, displayName, preferredLanguage, gender
    case email, phone, name, description, key, value, userID, projectID, projectGrantID, grantedOrgID, roleKeys, cascade
    case domain, group

    /// The name in the record's JSON.
    package var name: StaticString {
        switch self {
        case .kind: "kind"
        case .selfRegistered: "selfRegistered"
        case .username: "username"
        case .firstName: "firstName"
        case .lastName: "lastName"
        case .nickName: "nickName"
        case .displayName: "displayName"
        case .preferredLanguage: "preferredLanguage"
        case .gender: "gender"
        case .email: "email"
        case .phone: "phone"
        case .name: "name"
        case .description: "description"
        case .key: "key"
        case .value: "value"
        case .userID: "userId"
        case .projectID: "projectId"
        case .projectGrantID: "projectGrantId"
        case .grantedOrgID: "grantedOrgId"
        case .roleKeys: "roleKeys"
        case .cascade: "cascade"
        case .domain: "domain"
        case .group: "group"
        }
    }
}
