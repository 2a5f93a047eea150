import Consumer
import EventContract

/// A user in one line, written alike from the state and from the reference.
enum StateSummary {
    /// The texts of a user that events set.
    static let fields: [PayloadField] = [
        .username, .firstName, .lastName, .nickName, .displayName, .preferredLanguage, .gender, .email, .phone, .name,
        .description,
    ]

    static func line(_ user: [String], _ metadata: [String], _ grants: [String], _ access: [String]) -> String {
        [user, metadata, grants, access].map { $0.joined(separator: " ") }.joined(separator: " | ")
    }

    static func lines(of state: TemporaryState) throws -> [String] {
        var lines: [String] = []
        try state.reader().forEachUser { (user) throws(StateError) in
            let profile = user.profile
            let texts = [
                user.id, user.orgID, user.state, user.username, profile.firstName, profile.lastName, profile.nickName,
                profile.displayName, profile.preferredLanguage, profile.gender, profile.email, profile.phone,
                profile.name, profile.description,
            ]
            let flags = ["\(profile.emailVerified)", "\(profile.phoneVerified)"]
            lines.append(
                line(
                    texts.map(\.description) + flags, user.visibleMetadata.map { "\($0.key)=\($0.value)" },
                    user.visibleGrants.map { "\($0.id)\($0.isInactive ? "!" : "")\($0.roleKeys)" },
                    user.access.map { entry in
                        let keys = entry.roleKeys.map(\.description).joined(separator: "+")
                        return "\(entry.orgID)/\(entry.projectID):\(keys)"
                    }))
        }
        return lines
    }
}
