/// How many records the next transaction takes at most: more while the store is fast, fewer while it is slow.
///
/// A batch takes what is there and never waits to be full, so under low load it is small whatever this says. Behind a
/// long lag a larger one pays: facts of one row are merged in memory, and only the newest is written.
struct BatchSize: Equatable {
    /// Below the lower bound the fixed cost of a transaction, such as waiting for the disk, would be most of it.
    static let bounds = 1000...20_000
    /// Bytes of keys and values of one batch. The last few hundred records of a batch may exceed it.
    static let bytesMax = 8 << 20
    /// How long a transaction may take: for so long an event that has just come waits for those before it.
    static let target = Duration.milliseconds(200)

    private(set) var records = bounds.lowerBound

    /// A batch was applied.
    ///
    /// - Parameter duration: of decoding it, applying it and setting aside what could not be read, failed attempts
    ///   included.
    mutating func applied(_ count: Int, in duration: Duration) {
        if duration > Self.target {
            // A small batch was not slow because of its size.
            if count > records / 2 { records = max(records / 2, Self.bounds.lowerBound) }
        } else if count >= records, duration < Self.target / 2 {
            records = min(records * 2, Self.bounds.upperBound)
        }
    }
}
