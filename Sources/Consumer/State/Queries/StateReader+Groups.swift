package import EventContract

/// A group with the number of its members.
package struct GroupCount: Equatable, Sendable {
    package let id: UTF8Text
    /// As the member with the smallest id has it: members may call a group differently.
    package let displayName: UTF8Text
    package var members: Int
}

extension StateReader {
    /// One page of the groups that visible users claim, sorted by id.
    ///
    /// Groups have no table: every user's metadata is read and decoded for each page. Memory is bounded by the page.
    package func groups(
        key: UTF8Text, after: UTF8Text?, limit: Int
    ) throws(StateError) -> Page<GroupCount> {
        var counts = GroupCounts(after: after, limit: limit)
        try database.snapshot { () throws(StateError) in
            let rows = try database.rows(Self.groupValues, [.text(key)], size: .large)
            while try rows.step() {
                for group in Group.decode(metadataValue: rows.text(1)) ?? [] { counts.add(group) }
            }
        }
        return counts.page
    }

    private static let groupValues = """
        SELECT u.id, m.value FROM users u JOIN user_metadata m ON m.user_id = u.id \
        LEFT JOIN organizations o ON o.id = u.org_id \
        WHERE \(CandidateQuery.isVisible) AND \(CandidateQuery.hasVisibleMetadata) AND m.metadata_key = $1 \
        ORDER BY u.id
        """
}

/// The groups with the smallest ids behind a place, counted while users pass by.
private struct GroupCounts {
    private let after: UTF8Text?
    private let limit: Int
    private var counts: [UTF8Text: GroupCount] = [:]
    /// Groups above it are on a later page: they have been dropped and must not come back with half a count.
    private var largest: UTF8Text?

    init(after: UTF8Text?, limit: Int) {
        self.after = after
        self.limit = limit
    }

    mutating func add(_ group: Group) {
        if let after, group.id <= after { return }
        if let largest, group.id > largest { return }
        counts[group.id, default: GroupCount(id: group.id, displayName: group.displayName, members: 0)].members += 1
        if counts.count > 4 * (limit + 1) { drop() }
    }

    var page: Page<GroupCount> {
        let sorted = counts.values.sorted { $0.id < $1.id }
        let elements = Array(sorted.prefix(limit))
        return Page(elements: elements, next: sorted.count > limit ? elements.last?.id : nil)
    }

    private mutating func drop() {
        let ids = counts.keys.sorted()
        for id in ids[(limit + 1)...] { counts[id] = nil }
        largest = ids[limit]
    }
}
