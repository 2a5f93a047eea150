/// Tells whether a member name occurs twice in one object, for all objects that are open at once.
///
/// Objects of identity events have some twenty members, where comparing each name with those before it (by size and
/// first bytes) is cheapest; a larger object is checked through a set, so that the work stays linear.
struct MemberNames {
    /// Members of one object up to which names are compared one by one.
    private static let linearMax = 32

    private struct Name {
        let fingerprint: UInt64
        let text: JSONText
    }

    private var names: [Name] = []
    private var openSets: [Int: Set<UTF8Text>] = [:]

    mutating func removeAll() {
        names.removeAll(keepingCapacity: true)
        if !openSets.isEmpty { openSets.removeAll() }
    }

    /// - Returns: the frame to hand to `insert` and `closeObject`.
    func openObject() -> Int { names.count }

    mutating func closeObject(_ frame: Int) {
        names.removeSubrange(frame...)
        if !openSets.isEmpty { openSets[frame] = nil }
    }

    /// - Returns: false when the object has the name already.
    mutating func insert(_ text: JSONText, since frame: Int) -> Bool {
        let fingerprint = Self.fingerprint(text)
        if names.count - frame >= Self.linearMax { return insertInSet(text, since: frame) }
        for index in frame..<names.count
        where names[index].fingerprint == fingerprint || names[index].text.hasEscapes
            || text.hasEscapes
        {
            if names[index].text.isEqual(to: text) { return false }
        }
        names.append(Name(fingerprint: fingerprint, text: text))
        return true
    }

    private mutating func insertInSet(_ text: JSONText, since frame: Int) -> Bool {
        // The set is found by where its object starts; objects inside it start behind the first `linearMax` names.
        if openSets[frame] == nil { openSets[frame] = Set(names[frame...].map(\.text.text)) }
        return openSets[frame]?.insert(text.text).inserted ?? false
    }

    /// Size and some bytes: of a longer name its first and last eight, mixed, since names often begin alike.
    private static func fingerprint(_ text: JSONText) -> UInt64 {
        let (raw, count) = (text.raw, text.raw.count)
        var value = UInt64(truncatingIfNeeded: count)
        if count >= 8 {
            let first = raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            let last = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            return value ^ first ^ (last << 7 | last >> 57)
        }
        for byte in raw { value = value << 8 | UInt64(byte) }
        return value
    }
}
