/// Writes JSON in the one form that records and exports have: no blanks, raw UTF-8, fewest escapes.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Appends text that is JSON already.
    package mutating func literal(_ text: StaticString) {
        bytes.append(contentsOf: text.bytes)
    }

    /// Appends bytes that are JSON already.
    package mutating func literal(_ text: [UInt8]) {
        bytes.append(contentsOf: text)
    }

    package mutating func integer(_ value: Int64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = digits.count
            var magnitude = value.magnitude
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            if value < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    package mutating func bool(_ value: Bool) {
        literal(value ? "true" : "false")
    }

    /// Appends a string with its quotes.
    package mutating func string(_ text: UTF8Text) {
        bytes.append(UInt8(ascii: "\""))
        text.bytes.withUnsafeBytes { stringContent($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a scanned string with its quotes: as it stands when it has no escapes, else decoded and escaped anew.
    package mutating func string(_ text: JSONText) {
        bytes.append(UInt8(ascii: "\""))
        stringContent(text)
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func stringContent(_ text: JSONText) {
        if text.hasEscapes {
            text.text.bytes.withUnsafeBytes { stringContent($0) }
        } else {
            bytes.append(contentsOf: text.raw)
        }
    }

    /// Appends the inside of a string: only `"`, `\` and U+0000 to U+001F are escaped.
    package mutating func stringContent(_ text: UnsafeRawBufferPointer) {
        var plain = 0
        var index = text.endOfPlainText(from: 0)
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[plain..<index]))
                escape(byte)
                plain = index + 1
            }
            index = text.endOfPlainText(from: index + 1)
        }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[plain...]))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): literal("\\\"")
        case UInt8(ascii: "\\"): literal("\\\\")
        case 0x08: literal("\\b")
        case 0x09: literal("\\t")
        case 0x0A: literal("\\n")
        case 0x0C: literal("\\f")
        case 0x0D: literal("\\r")
        default:
            let digits: StaticString = "0123456789abcdef"
            literal("\\u00")
            bytes.append(digits.bytes[Int(byte >> 4)])
            bytes.append(digits.bytes[Int(byte & 15)])
        }
    }
}
