/// Remembers which events are in the topic already. Bounded: the oldest half is forgotten when it is full.
///
/// Holds a 128-bit hash of each. Forgetting one costs a duplicate, which is harmless; two events of one hash would cost
/// an event, hence so many bits. The hash is seeded anew in each process.
struct PublishedIDs {
    /// Ids remembered at least, once so many came; 8 MB with twice as many.
    static let countMin = 196_608

    /// The hash of an event's id, type and time, all of which a record has in its headers.
    ///
    /// Not of the id alone: a Zitadel that was restored from a backup gives out sequences again, for other events at
    /// other times. Those are published, and consumers count the conflict. Not of the value: a newer bridge may write
    /// more of the same event, and would publish the overlap of its first polls anew.
    struct Fingerprint: Equatable {
        /// Never 0, which marks a free place.
        fileprivate let high: UInt64
        /// Its lowest bit is free for `Generation`.
        fileprivate let low: UInt64

        init(id: some Collection<UInt8>, type: UnsafeRawBufferPointer, time: some Collection<UInt8>) {
            func hash(seed: UInt8) -> UInt64 {
                var hasher = Hasher()
                hasher.combine(seed)
                // In this order nothing has to stand between them: types begin and end with letters.
                Self.combine(id, into: &hasher)
                hasher.combine(bytes: type)
                Self.combine(time, into: &hasher)
                return UInt64(bitPattern: Int64(hasher.finalize()))
            }
            high = hash(seed: 1) | 1
            low = hash(seed: 2) & ~1
        }

        private static func combine(_ text: some Collection<UInt8>, into hasher: inout Hasher) {
            let done: Void? = text.withContiguousStorageIfAvailable {
                hasher.combine(bytes: UnsafeRawBufferPointer($0))
            }
            if done == nil { for byte in text { hasher.combine(byte) } }
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
