/// Reads a record's value from left to right, accepting only the bytes that this module writes.
struct RecordCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Moves over the literal if it is next.
    mutating func skip(_ literal: StaticString) -> Bool {
        let end = position + literal.utf8CodeUnitCount
        guard end <= bytes.count,
            UnsafeRawBufferPointer(rebasing: bytes[position..<end]).holdsSame(literal.bytes)
        else { return false }
        position = end
        return true
    }

    mutating func expect(_ literal: StaticString) throws(RecordReadError) {
        guard skip(literal) else { throw .unexpected(offset: position, expected: "\(literal)") }
    }

    /// Reads the inside of a string up to and over its closing quote.
    mutating func text(_ name: StaticString) throws(RecordReadError) -> UTF8Text {
        try scannedText(name).text
    }

    /// The same without copying it out of the record.
    ///
    /// The escapes accepted are those of `JSONWriter`, one for each character that needs one: so two texts are the same
    /// exactly when their `raw` bytes are.
    mutating func scannedText(_ name: StaticString) throws(RecordReadError) -> JSONText {
        let raw = try rawText(name)
        return JSONText(raw: raw, hasEscapes: raw.contains(UInt8(ascii: "\\")))
    }

    /// Reads the inside of a string that needs no escapes.
    mutating func plainText(_ name: StaticString) throws(RecordReadError) -> UnsafeRawBufferPointer {
        let start = position
        let raw = try rawText(name)
        guard !raw.contains(UInt8(ascii: "\\")) else {
            throw .unexpected(offset: start, expected: "a \(name) without escapes")
        }
        return raw
    }

    mutating func integer(_ name: StaticString) throws(RecordReadError) -> Int64 {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard let value = JSONValue.positiveInteger(UnsafeRawBufferPointer(rebasing: bytes[start..<position])) else {
            throw .unexpected(offset: start, expected: "a \(name) from 1 to 2^63-1")
        }
        return value
    }

    private mutating func rawText(_ name: StaticString) throws(RecordReadError) -> UnsafeRawBufferPointer {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
            case UInt8(ascii: "\\"): try escape(name)
            case 0x20..<0x80: position += 1
            case 0x80...:
                guard let size = UTF8Character.size(in: bytes, at: position) else {
                    throw .unexpected(offset: position, expected: "UTF-8 in \(name)")
                }
                position += size
            default: throw .unexpected(offset: position, expected: "no control character in \(name)")
            }
        }
        throw .unexpected(offset: position, expected: "the end of \(name)")
    }

    /// Moves over one of the escapes that `JSONWriter` uses.
    private mutating func escape(_ name: StaticString) throws(RecordReadError) {
        let start = position
        position += 1
        guard position < bytes.count else { throw .unexpected(offset: start, expected: "a whole escape in \(name)") }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "t"), UInt8(ascii: "n"),
            UInt8(ascii: "f"), UInt8(ascii: "r"):
            position += 1
        default:
            guard skip("u00"), bytes.count - position >= 2, isControl(bytes[position], bytes[position + 1]) else {
                throw .unexpected(offset: start, expected: "an escape of the canonical form in \(name)")
            }
            position += 2
        }
    }

    /// Whether two lower-case hexadecimal digits name a control character that has no shorter escape.
    private func isControl(_ high: UInt8, _ low: UInt8) -> Bool {
        guard high == UInt8(ascii: "0") || high == UInt8(ascii: "1"), let digit = hexadecimalDigit(low),
            !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(low)
        else { return false }
        return high == UInt8(ascii: "1") || ![0x8, 0x9, 0xA, 0xC, 0xD].contains(digit)
    }
}
