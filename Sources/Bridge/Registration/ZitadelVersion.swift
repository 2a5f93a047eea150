/// A release of Zitadel. A pre-release counts as its release.
struct ZitadelVersion: Hashable, Sendable {
    let major: Int
    let minor: Int
    let patch: Int

    init(_ major: Int, _ minor: Int, _ patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads `v4.2.0`, `3.4.5`, `4.15.0-rc.1`; nil for builds without a number, such as `dev`.
    init?(_ text: String) {
        let number = text.drop { $0 == "v" }.prefix { $0 != "-" && $0 != "+" }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil }
        guard numbers.count == 3, parts.count == 3 else { return nil }
        self.init(numbers[0], numbers[1], numbers[2])
    }
}

extension ZitadelVersion: Comparable {
    static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}

extension ZitadelVersion: CustomStringConvertible {
    var description: String { "\(major).\(minor).\(patch)" }
}
