import Foundation

/// Many users at once, for a history of any length.
struct BulkUsers: Codable, Sendable, Equatable {
    static let countMax = 500_000

    var count: Int
    /// All events in one push: they share one creation date.
    var oneTransaction: Bool?
    /// False stores them without webhooks.
    var webhooks: Bool?
    /// Microseconds since 1970 of the first user; now when absent.
    var createdAt: Int64?
    /// Between two users, when `createdAt` is given.
    var spacingMicroseconds: Int64?
}

extension Tenant {
    /// Creates users with groups; their names are made of their ids. Each has three events: added, address verified,
    /// groups set.
    ///
    /// - Returns: the count of users.
    mutating func createUsers(_ bulk: BulkUsers) throws(SimulatorError) -> Int {
        guard (1...BulkUsers.countMax).contains(bulk.count) else {
            throw .invalid("count is not from 1 to \(BulkUsers.countMax)")
        }
        let organization = try organization(nil)
        let groups = ["engineering", "research", "finance", "operations"].map { group in
            "{\"key\":\"groups\",\"value\":\"\(Data("[\"\(group)\"]".utf8).base64EncodedString())\"}"
        }
        var events: [NewEvent] = []
        for number in 0..<bulk.count {
            let id = newID()
            let user = User(
                id: id, organizationID: organization.id, username: "bulk-\(id)", isMachine: false,
                groups: [["engineering", "research", "finance", "operations"][number % groups.count]])
            users[user.id] = user
            events += bulkEvents(user, groups[number % groups.count])
            if bulk.oneTransaction != true {
                try push(events, createdAt: bulk.createdAt.map { $0 + Int64(number) * (bulk.spacingMicroseconds ?? 1) })
                events = []
            }
        }
        if !events.isEmpty { try push(events, createdAt: bulk.createdAt) }
        return bulk.count
    }

    private func bulkEvents(_ user: User, _ groups: String) -> [NewEvent] {
        let human =
            "{\"userName\":\"\(user.username)\",\"firstName\":\"Bulk\",\"lastName\":\"\(user.id)\","
            + "\"displayName\":\"Bulk \(user.id)\",\"preferredLanguage\":\"und\","
            + "\"email\":\"\(user.username)@bulk.example\",\"encodedHash\":\"$bcrypt$simulated\(user.id)\"}"
        return [
            NewEvent(aggregate: user.aggregate, type: "user.human.added", payload: human),
            NewEvent(aggregate: user.aggregate, type: "user.human.email.verified"),
            NewEvent(aggregate: user.aggregate, type: "user.metadata.set", payload: groups),
        ]
    }
}
