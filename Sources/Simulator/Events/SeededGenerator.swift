/// Deterministic random numbers: the same seed gives the same run.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Ids as Zitadel makes them: 18 digits, ascending, with uneven steps.
struct IdentifierSource: Sendable {
    private var last: UInt64

    init(after last: UInt64 = 310_000_000_000_000_000) {
        self.last = last
    }

    /// The id is in use: the next one comes after it.
    mutating func skip(_ id: String) {
        if let number = UInt64(id), number < 1_000_000_000_000_000_000 { last = max(last, number) }
    }

    mutating func next(using generator: inout SeededGenerator) -> String {
        last += UInt64.random(in: 1...(1 << 32), using: &generator)
        return "\(last)"
    }
}
