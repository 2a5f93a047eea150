/// The release of Zitadel that the simulator says it is, and what depends on it.
struct ReportedVersion: Sendable, Comparable {
    /// As reported.
    let text: String
    private let numbers: [Int]

    /// - Parameter text: `4.13.1` or `v4.13.1`; what follows a dash or plus is ignored in comparisons.
    init?(_ text: String) {
        let core = text.drop { $0 == "v" }.prefix { $0 != "-" && $0 != "+" }
        let parts = core.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard parts.count == 3, numbers.count == 3, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        self.text = text
        self.numbers = numbers
    }

    private init(_ major: Int, _ minor: Int, _ patch: Int) {
        text = "v\(major).\(minor).\(patch)"
        numbers = [major, minor, patch]
    }

    /// Zitadel 4.1.0 to 4.1.2 lose all payloads (issue 10650); releases before the router make them anew.
    var payloadStyle: StoredEvent.PayloadStyle {
        if self >= Self(4, 1, 0), self < Self(4, 1, 3) { return .alwaysEmpty }
        return isBeforeRouter ? .emptyWhenAbsent : .asStored
    }

    /// Releases whose targets are found by a projection handler, in reverse order.
    var isBeforeRouter: Bool {
        self < Self(3, 4, 2) || (self >= Self(4, 0, 0) && self < Self(4, 1, 0))
    }

    /// Any execution may stand for the events whose type begins with its own (#11071).
    var hasRawPrefixFallback: Bool { self >= Self(4, 7, 1) }
    var hasPayloadTypes: Bool { self >= Self(4, 8, 0) }
    var deniesLoopback: Bool { self >= Self(4, 11, 1) }
    var deniesPrivateRanges: Bool { self >= Self(4, 15, 2) }

    static func < (left: Self, right: Self) -> Bool { left.numbers.lexicographicallyPrecedes(right.numbers) }
    static func == (left: Self, right: Self) -> Bool { left.numbers == right.numbers }
}
