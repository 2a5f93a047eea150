import EventContract

/// Remembers the user of each grant, for grant events that do not name one. Bounded: the oldest is forgotten first.
///
/// Grants lie one behind the other in a ring of bytes, found through a table of offsets: with Zitadel's ids some 50
/// bytes a grant, where a dictionary of texts takes four times as much in many small allocations.
struct GrantUsers {
    /// Grants remembered at most.
    static let countMax = 100_000
    /// Room for one grant, on average: Zitadel's two ids of 18 digits and their lengths take 38. With longer ones
    /// fewer than `countMax` grants are remembered.
    private static let bytesPerGrant = 64
    /// Longest grant or user, in bytes, that is remembered: a length is one byte. Zitadel's columns hold 200 and less.
    private static let textSizeMax = 255

    private let countMax: Int
    private let ringSize: Int
    /// Grants and their users, each as `grant size, user size, grant, user`; a grant size of 0 says that the next one
    /// is at the start. Grows up to `ringSize` and is written over from then on.
    private var ring: [UInt8]
    private var oldest = 0
    private var end = 0
    /// Open addressing with linear probing: the offset of a grant in the ring plus 1, or 0.
    private var table: [UInt32]

    private(set) var count = 0

    init(countMax: Int = Self.countMax) {
        precondition(countMax > 0)
        self.countMax = countMax
        // At least one grant of the largest size has to fit.
        ringSize = max(countMax * Self.bytesPerGrant, 1024)
        // Its pages are taken only as they are written to.
        ring = []
        ring.reserveCapacity(ringSize)
        var places = 2
        while places * 2 < countMax * 3 { places *= 2 }
        table = Array(repeating: 0, count: places)
    }

    subscript(grant: UTF8Text) -> UTF8Text? {
        guard let offset = place(of: grant.bytes).offset else { return nil }
        let start = offset + 2 + Int(ring[offset])
        return UTF8Text(bytes: Array(ring[start..<start + Int(ring[offset + 1])]))
    }

    /// Remembers the user of a grant. A grant's user never changes.
    mutating func learn(grant: UTF8Text, user: UTF8Text) {
        let (grant, user) = (grant.bytes, user.bytes)
        guard (1...Self.textSizeMax).contains(grant.count), user.count <= Self.textSizeMax else { return }
        guard place(of: grant).offset == nil else { return }
        if count == countMax { forgetOldest() }
        makeRoom(for: 2 + grant.count + user.count)
        table[place(of: grant).index] = UInt32(end + 1)
        if count == 0 { oldest = end }
        count += 1
        put(UInt8(grant.count))
        put(UInt8(user.count))
        for byte in grant { put(byte) }
        for byte in user { put(byte) }
    }

    // MARK: Ring

    /// Forgets what lies in the next bytes, which are moved to the start of the ring when they do not fit at its end.
    private mutating func makeRoom(for size: Int) {
        if end + size > ringSize {
            while count > 0, oldest >= end { forgetOldest() }
            if end < ringSize { put(0) }
            end = 0
        }
        while count > 0, (end..<end + size).contains(oldest) { forgetOldest() }
    }

    private mutating func put(_ byte: UInt8) {
        if end == ring.count { ring.append(byte) } else { ring[end] = byte }
        end += 1
    }

    private mutating func forgetOldest() {
        removeFromTable(offset: oldest)
        count -= 1
        oldest += 2 + Int(ring[oldest]) + Int(ring[oldest + 1])
        if count > 0, oldest == ringSize || ring[oldest] == 0 { oldest = 0 }
    }

    // MARK: Table

    /// Where the table names the grant, and its offset in the ring; without offset the free place that would name it.
    private func place(of grant: [UInt8]) -> (index: Int, offset: Int?) {
        grant.withUnsafeBytes { grant in
            ring.withUnsafeBytes { ring in
                var index = home(of: grant)
                while table[index] != 0 {
                    let offset = Int(table[index]) - 1
                    if self.grant(at: offset, in: ring).elementsEqual(grant) { return (index, offset) }
                    index = (index + 1) & (table.count - 1)
                }
                return (index, nil)
            }
        }
    }

    /// Takes a grant out and moves back what was only behind it because of it, so that no search ends too early.
    private mutating func removeFromTable(offset: Int) {
        let mask = table.count - 1
        // Through a copy, which shares the bytes: the table is written meanwhile.
        let ring = ring
        ring.withUnsafeBytes { ring in
            var free = home(of: grant(at: offset, in: ring))
            while Int(table[free]) != offset + 1 { free = (free + 1) & mask }
            var next = (free + 1) & mask
            while table[next] != 0 {
                let home = home(of: grant(at: Int(table[next]) - 1, in: ring))
                if (next - home) & mask >= (next - free) & mask {
                    table[free] = table[next]
                    free = next
                }
                next = (next + 1) & mask
            }
            table[free] = 0
        }
    }

    private func grant(at offset: Int, in ring: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: ring[(offset + 2)..<(offset + 2 + Int(ring[offset]))])
    }

    private func home(of grant: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: grant)
        return hasher.finalize() & (table.count - 1)
    }
}
