package import EventContract

extension StateReader {
    /// Users with metadata that are looked at for one page of a group at most; then the page is shorter than asked for.
    package static let groupCandidatesMax = 10_000

    /// One page of visible users, all from one moment.
    ///
    /// By organization, by username and without a condition the page is read from an index. A group is looked for in
    /// the metadata of one user after the other, so a page can be short, even empty, with a `next`.
    package func users(_ filter: UserFilter, groupsKey: UTF8Text) throws(StateError) -> Page<UserFacts> {
        var page = Page<UserFacts>()
        try database.snapshot { () throws(StateError) in
            let ids = try ids(filter, groupsKey)
            try readOfSnapshot(ids.elements) { (user) throws(StateError) in page.elements.append(user) }
            page.next = ids.next
        }
        return page
    }

    private func ids(_ filter: UserFilter, _ groupsKey: UTF8Text) throws(StateError) -> Page<UTF8Text> {
        var page = Page<UTF8Text>()
        let candidatesMax = filter.groupID == nil ? filter.limit + 1 : Self.groupCandidatesMax
        let candidates = CandidateQuery(filter, groupsKey: groupsKey, limit: candidatesMax)
        let size: ResultSize = filter.groupID == nil ? .small : .large
        let rows = try database.rows(candidates.sql, candidates.parameters, size: size)
        var (count, last) = (0, UTF8Text(bytes: []))
        while try rows.step() {
            (count, last) = (count + 1, rows.text(0))
            if let group = filter.groupID, !Self.isMember(of: group, rows.text(1)) { continue }
            if page.elements.count == filter.limit {
                page.next = page.elements.last
                return page
            }
            page.elements.append(last)
        }
        if filter.groupID != nil, count == candidatesMax { page.next = last }
        return page
    }

    private static func isMember(of group: UTF8Text, _ metadataValue: UTF8Text) -> Bool {
        Group.decode(metadataValue: metadataValue)?.contains { $0.id == group } ?? false
    }
}

/// The statement that names the visible users of a filter, sorted by id; with a group, each user's metadata value too.
struct CandidateQuery {
    private(set) var sql: String
    private(set) var parameters: [FactValue] = []

    /// As `UserFacts.isVisible` and `visibleMetadata` have it.
    static let isVisible = "u.created_seq > u.removed_seq AND COALESCE(o.removed_time, 0) <= u.created_time"
    static let hasVisibleMetadata =
        "m.value IS NOT NULL AND m.value_seq > u.created_seq AND m.value_seq > u.metadata_cleared_seq"

    init(_ filter: UserFilter, groupsKey: UTF8Text, limit: Int) {
        let organization = "LEFT JOIN organizations o ON o.id = u.org_id WHERE \(Self.isVisible)"
        if filter.groupID == nil {
            sql = "SELECT u.id FROM users u \(organization)"
        } else {
            sql = """
                SELECT u.id, m.value FROM users u JOIN user_metadata m ON m.user_id = u.id \(organization) \
                AND \(Self.hasVisibleMetadata)
                """
            add("m.metadata_key =", .text(groupsKey))
        }
        if let after = filter.after { add("u.id >", .text(after)) }
        if let orgID = filter.orgID { add("u.org_id =", .text(orgID)) }
        if let username = filter.username { add("u.username =", .text(username)) }
        parameters.append(.integer(Int64(limit)))
        sql += " ORDER BY u.id LIMIT $\(parameters.count)"
    }

    private mutating func add(_ condition: String, _ value: FactValue) {
        parameters.append(value)
        sql += " AND \(condition) $\(parameters.count)"
    }
}
