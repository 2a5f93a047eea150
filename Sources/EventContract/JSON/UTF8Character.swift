/// Well-formed UTF-8 beyond ASCII (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Character {
    /// - Returns: the size in bytes of the character that starts at `position`; nil when it is not well-formed.
    static func size(in bytes: UnsafeRawBufferPointer, at position: Int) -> Int? {
        let lead = bytes[position]
        let size: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: size = 2
        case 0xE0: (size, second) = (3, 0xA0...0xBF)
        case 0xED: (size, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: size = 3
        case 0xF0: (size, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: size = 4
        case 0xF4: (size, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard bytes.count - position >= size, second.contains(bytes[position + 1]) else { return nil }
        for index in (position + 2)..<max(position + size, position + 2) where bytes[index] & 0xC0 != 0x80 {
            return nil
        }
        return size
    }
}
