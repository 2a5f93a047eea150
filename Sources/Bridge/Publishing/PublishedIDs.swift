/// Remembers which events are in the topic already. Bounded: the oldest half is forgotten when it is full.
///
/// Holds a 128-bit hash of each id. Forgetting an id costs a duplicate, which is harmless; two ids of one hash would
/// cost an event, hence so many bits. The hash is seeded anew in each process.
struct PublishedIDs {
    /// Ids remembered at least, once so many came; 8 MB with twice as many.
    static let countMin = 196_608

    /// The hash of an id.
    struct Fingerprint: Equatable {
        /// Never 0, which marks a free place.
        fileprivate let high: UInt64
        /// Its lowest bit is free for `Generation`.
        fileprivate let low: UInt64

        init(_ id: some Collection<UInt8>) {
            high = Self.hash(id, seed: 1) | 1
            low = Self.hash(id, seed: 2) & ~1
        }

        private static func hash(_ id: some Collection<UInt8>, seed: UInt8) -> UInt64 {
            var hasher = Hasher()
            hasher.combine(seed)
            let done: Void? = id.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            if done == nil { for byte in id { hasher.combine(byte) } }
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
    }

    private let countMin: Int
    private var current = Generation()
    private var previous = Generation()

    init(countMin: Int = Self.countMin) {
        precondition(countMin > 0)
        self.countMin = countMin
    }

    var count: Int { current.count + previous.count }

    func contains(_ id: Fingerprint) -> Bool {
        current.flag(of: id) != nil || previous.flag(of: id) != nil
    }

    /// Its record was acknowledged.
    mutating func insert(_ id: Fingerprint) {
        guard !contains(id) else { return }
        add(id, isSeen: false)
    }

    /// A record with this id was read from the topic.
    ///
    /// - Returns: whether one was read before: the topic holds it twice.
    mutating func sawInTopic(_ id: Fingerprint) -> Bool {
        guard let isSeen = current.flag(of: id) ?? previous.flag(of: id) else {
            add(id, isSeen: true)
            return false
        }
        if !isSeen { add(id, isSeen: true) }
        return isSeen
    }

    private mutating func add(_ id: Fingerprint, isSeen: Bool) {
        if current.count >= countMin {
            previous = current
            current = Generation()
        }
        current.set(id, flag: isSeen)
    }

    /// A hash table with open addressing that only grows.
    private struct Generation {
        private var slots: [(high: UInt64, low: UInt64)] = []
        private(set) var count = 0

        /// Nil for an id that is not here.
        func flag(of id: Fingerprint) -> Bool? {
            guard !slots.isEmpty else { return nil }
            let slot = slots[place(of: id, in: slots)]
            return slot.high == 0 ? nil : slot.low & 1 == 1
        }

        mutating func set(_ id: Fingerprint, flag: Bool) {
            if count * 4 >= slots.count * 3 { grow() }
            let place = place(of: id, in: slots)
            if slots[place].high == 0 { count += 1 }
            slots[place] = (id.high, id.low | (flag ? 1 : 0))
        }

        private func place(of id: Fingerprint, in slots: [(high: UInt64, low: UInt64)]) -> Int {
            Self.place(high: id.high, low: id.low, in: slots)
        }

        private static func place(high: UInt64, low: UInt64, in slots: [(high: UInt64, low: UInt64)]) -> Int {
            let mask = slots.count - 1
            var place = Int(truncatingIfNeeded: low >> 1) & mask
            while slots[place].high != 0, slots[place].high != high || slots[place].low & ~1 != low & ~1 {
                place = (place + 1) & mask
            }
            return place
        }

        private mutating func grow() {
            var larger = [(high: UInt64, low: UInt64)](repeating: (0, 0), count: max(1024, slots.count * 2))
            for slot in slots where slot.high != 0 {
                larger[Self.place(high: slot.high, low: slot.low, in: larger)] = slot
            }
            slots = larger
        }
    }
}
