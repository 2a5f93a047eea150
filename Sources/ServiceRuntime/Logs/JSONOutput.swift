/// Writes JSON text member by member; the order is the caller's.
package struct JSONOutput: Sendable {
    package private(set) var bytes: [UInt8] = []
    /// Nothing stands yet between the last opening bracket and here.
    private var isFirst = true

    package init() {}

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package mutating func openObject() { open("{") }
    package mutating func closeObject() { close("}") }
    package mutating func openArray() { open("[") }
    package mutating func closeArray() { close("]") }

    /// The name of the next value.
    package mutating func name(_ name: String) {
        separate()
        append(string: name)
        bytes.append(UInt8(ascii: ":"))
        isFirst = true
    }

    package mutating func string(_ value: String) {
        separate()
        append(string: value)
    }

    package mutating func number(_ value: some BinaryInteger) { raw("\(value)") }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    /// A text that is JSON already.
    package mutating func raw(_ json: String) {
        separate()
        bytes += json.utf8
    }

    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        number(value)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    private mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        isFirst = true
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        isFirst = false
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
    }

    private mutating func append(string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case 0..<0x20, 0x7F: bytes += "\\u00".utf8 + [Self.hex(byte >> 4), Self.hex(byte & 15)]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}
