/// A JSON string inside the text it was scanned from, without its quotes.
///
/// Borrows the scanned bytes: valid only while they are. The scanner has validated escapes and UTF-8.
package struct JSONText {
    package let raw: UnsafeRawBufferPointer
    /// Whether `raw` holds backslashes; without any it is the text itself.
    package let hasEscapes: Bool

    package var isEmpty: Bool { raw.isEmpty }

    /// The decoded text, copied.
    package var text: UTF8Text {
        guard hasEscapes else { return UTF8Text(bytes: Array(raw)) }
        var bytes: [UInt8] = []
        appendDecoded(to: &bytes)
        return UTF8Text(bytes: bytes)
    }

    package func appendDecoded(to buffer: inout [UInt8]) {
        guard hasEscapes else {
            buffer.append(contentsOf: raw)
            return
        }
        var position = 0
        while position < raw.count {
            if raw[position] == UInt8(ascii: "\\") {
                Self.append(decodeEscape(at: &position), to: &buffer)
            } else {
                buffer.append(raw[position])
                position += 1
            }
        }
    }

    @inline(__always)
    package static func == (left: Self, right: StaticString) -> Bool {
        if left.hasEscapes { return left.text.bytes.elementsEqual(right.bytes) }
        // Most comparisons are between names of different sizes.
        return left.raw.count == right.utf8CodeUnitCount && left.raw.holdsSame(right.bytes)
    }

    /// Whether both decode to the same bytes.
    func isEqual(to other: JSONText) -> Bool {
        hasEscapes || other.hasEscapes ? text == other.text : raw.holdsSame(other.raw)
    }

    /// Whether it decodes to exactly that text.
    package func isEqual(to other: UTF8Text) -> Bool {
        hasEscapes ? text == other : other.bytes.withUnsafeBytes { raw.holdsSame($0) }
    }

    /// Decodes one escape of validated text and moves behind it, over both halves of a surrogate pair.
    private func decodeEscape(at position: inout Int) -> UInt32 {
        let letter = raw[position + 1]
        position += 2
        switch letter {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "u"):
            let unit = hexadecimal(at: position)
            position += 4
            guard (0xD800...0xDBFF).contains(unit) else { return unit }
            let low = hexadecimal(at: position + 2)
            position += 6
            return 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        default: return UInt32(letter)
        }
    }

    private func hexadecimal(at position: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in position..<(position + 4) {
            value = value << 4 | UInt32(hexadecimalDigit(raw[index]) ?? 0)
        }
        return value
    }

    private static func append(_ scalar: UInt32, to buffer: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: buffer.append(UInt8(scalar))
        case 0x80..<0x800: buffer += [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 0x3F)]
        case 0x800..<0x10000:
            buffer += [UInt8(0xE0 | scalar >> 12), UInt8(0x80 | scalar >> 6 & 0x3F), UInt8(0x80 | scalar & 0x3F)]
        default:
            buffer += [
                UInt8(0xF0 | scalar >> 18), UInt8(0x80 | scalar >> 12 & 0x3F), UInt8(0x80 | scalar >> 6 & 0x3F),
                UInt8(0x80 | scalar & 0x3F),
            ]
        }
    }
}

/// The value of a hexadecimal digit in either case.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
