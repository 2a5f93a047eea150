import EventContract

/// Remembers the user of each grant, for grant events that do not name one. Bounded: the oldest is forgotten first.
struct GrantUsers {
    /// Grants remembered at most; about 20 MB when full.
    static let countMax = 100_000

    private let countMax: Int
    private var users: [UTF8Text: UTF8Text] = [:]
    /// The grants in the order they were learned, as a ring.
    private var order: [UTF8Text] = []
    private var oldest = 0

    init(countMax: Int = Self.countMax) {
        precondition(countMax > 0)
        self.countMax = countMax
    }

    var count: Int { users.count }

    subscript(grant: UTF8Text) -> UTF8Text? { users[grant] }

    /// Remembers the user of a grant. A grant's user never changes.
    mutating func learn(grant: UTF8Text, user: UTF8Text) {
        guard users.updateValue(user, forKey: grant) == nil else { return }
        guard order.count == countMax else { return order.append(grant) }
        users[order[oldest]] = nil
        order[oldest] = grant
        oldest = (oldest + 1) % countMax
    }
}
