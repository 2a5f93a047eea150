import EventContract

/// Groups counted once for many pages: groups stand in the metadata of users, so counting reads every user's.
///
/// It is counted anew when it is older than 10 s and than ten times what counting took, so that whoever pages through
/// the groups without end costs a tenth of one thread at most.
struct GroupIndex {
    /// Groups that are kept; a page behind them is counted from there on.
    static let groupsMax = 20_000
    static let ageMax = Duration.seconds(10)

    fileprivate struct Counted {
        let groups: Page<GroupCount>
        /// The first group is the first one behind this id.
        let after: UTF8Text?
        let asOf: Int64?
        let expires: ContinuousClock.Instant
    }

    private var counted: Counted?

    /// - Parameter asOf: the time of the newest event that the state is known to hold now.
    /// - Returns: the page, and that time when its groups were counted.
    mutating func page(
        after: UTF8Text?, limit: Int, asOf: Int64?, now: ContinuousClock.Instant = .now,
        count: (_ after: UTF8Text?, _ limit: Int) throws(StateError) -> Page<GroupCount>
    ) throws(StateError) -> (Page<GroupCount>, asOf: Int64?) {
        if let counted, counted.expires > now, counted.covers(after) {
            return (counted.page(after, limit), counted.asOf)
        }
        let start = ContinuousClock.now
        let groups = try count(after, Self.groupsMax)
        let lifetime = max(Self.ageMax, (ContinuousClock.now - start) * 10)
        let counted = Counted(groups: groups, after: after, asOf: asOf, expires: now + lifetime)
        self.counted = counted
        return (counted.page(after, limit), asOf)
    }
}

extension GroupIndex.Counted {
    /// Whether the groups behind the place are known, as far as there are any.
    fileprivate func covers(_ place: UTF8Text?) -> Bool {
        if let start = after {
            guard let place, place >= start else { return false }
        }
        guard let place, let next = groups.next else { return true }
        return place < next
    }

    /// Short, but with a `next`, at the end of what is known.
    fileprivate func page(_ place: UTF8Text?, _ limit: Int) -> Page<GroupCount> {
        let all = groups.elements
        var (low, high) = (0, place == nil ? 0 : all.count)
        while low < high {
            let middle = (low + high) / 2
            if let place, all[middle].id <= place { low = middle + 1 } else { high = middle }
        }
        let elements = Array(all[low...].prefix(limit))
        return Page(elements: elements, next: low + limit < all.count ? elements.last?.id : groups.next)
    }
}
