/// JSON exactly as Go's `encoding/json` writes it: no blanks, and `<`, `>`, `&`, U+2028 and U+2029 escaped.
///
/// A receiver that verifies a signature over re-encoded JSON fails on these escapes, so the simulator must send them.
struct GoJSON {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    /// The text of one object, its members in the order of `write`.
    static func object(_ write: (inout GoJSON) -> Void) -> String {
        var json = GoJSON()
        json.bytes.append(UInt8(ascii: "{"))
        write(&json)
        json.bytes.append(UInt8(ascii: "}"))
        return String(decoding: json.bytes, as: UTF8.self)
    }

    mutating func member(_ name: String, _ value: String) {
        self.name(name)
        append(string: value)
    }

    /// Go's `omitempty`: an empty value leaves the member out.
    mutating func memberUnlessEmpty(_ name: String, _ value: String) {
        if !value.isEmpty { member(name, value) }
    }

    mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        bytes += "\(value)".utf8
    }

    mutating func member(_ name: String, _ values: [String]) {
        self.name(name)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(string: value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// - Parameter json: compact JSON text.
    mutating func member(_ name: String, raw json: String) {
        self.name(name)
        bytes += json.utf8
    }

    /// What Go makes of a raw message: blanks outside strings go, characters that matter in HTML are escaped.
    ///
    /// - Parameter json: valid JSON text.
    static func compacted(_ json: some Sequence<UInt8>) -> String {
        var output = GoJSON()
        var isInString = false
        var isEscaped = false
        for byte in json {
            if !isInString, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { continue }
            if byte == UInt8(ascii: "\""), !isEscaped { isInString.toggle() }
            isEscaped = isInString && byte == UInt8(ascii: "\\") && !isEscaped
            output.append(escapingHTML: byte)
        }
        return String(decoding: output.bytes, as: UTF8.self)
    }

    private mutating func name(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        append(string: name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: bytes += "\\b".utf8
            case 0x0C: bytes += "\\f".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case 0..<0x20: bytes += "\\u00".utf8 + [Self.hex(byte >> 4), Self.hex(byte & 15)]
            default: append(escapingHTML: byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(escapingHTML byte: UInt8) {
        switch byte {
        case UInt8(ascii: "<"): bytes += "\\u003c".utf8
        case UInt8(ascii: ">"): bytes += "\\u003e".utf8
        case UInt8(ascii: "&"): bytes += "\\u0026".utf8
        case 0xA8 where bytes.suffix(2) == [0xE2, 0x80], 0xA9 where bytes.suffix(2) == [0xE2, 0x80]:
            bytes.removeLast(2)
            bytes += (byte == 0xA8 ? "\\u2028" : "\\u2029").utf8
        default: bytes.append(byte)
        }
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}
