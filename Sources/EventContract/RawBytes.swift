internal import Glibc

extension UnsafeRawBufferPointer {
    /// Whether both hold the same bytes.
    func holdsSame(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let left = baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, count) == 0
    }

    /// Whether these bytes sort before the others, as unsigned numbers; a prefix sorts first.
    func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
        let common = Swift.min(count, other.count)
        if common > 0, let left = baseAddress, let right = other.baseAddress {
            let order = memcmp(left, right, common)
            if order != 0 { return order < 0 }
        }
        return count < other.count
    }

    /// Moves over text that stands for itself in a JSON string, eight bytes at a time.
    ///
    /// - Returns: the position of the next quote, backslash, control character or byte beyond ASCII; else `count`.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        var position = start
        while count - position >= 8 {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let ones: UInt64 = 0x0101_0101_0101_0101
            // The classic test for a byte below a bound; a byte beyond ASCII is caught by its own high bit. A borrow
            // can mark only bytes behind one that is special indeed, so the first mark is right.
            let special = (quote &- ones) | (backslash &- ones) | (word &- 0x2020_2020_2020_2020) | word
            let marks = special & 0x8080_8080_8080_8080
            if marks != 0 { return position + marks.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < count, self[position].isPlainText { position += 1 }
        return position
    }
}

extension UInt8 {
    /// Whether the byte is a character that stands for itself in a JSON string.
    fileprivate var isPlainText: Bool {
        (0x20..<0x80).contains(self) && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
    }
}

extension StaticString {
    /// The bytes of the literal, which live as long as the process.
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
