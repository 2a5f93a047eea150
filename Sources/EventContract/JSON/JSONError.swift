/// Why bytes are not the JSON (RFC 8259) that is accepted here, and where. Never holds any of the bytes.
package struct JSONError: Error, Equatable, Sendable {
    package enum Reason: String, Sendable {
        case unexpectedEnd = "the text ends too early"
        case unexpectedByte = "a byte that JSON does not allow here"
        case notUTF8 = "bytes that are not UTF-8"
        case controlCharacter = "a control character inside a string"
        case badEscape = "an escape that JSON does not know"
        case loneSurrogate = "half of a surrogate pair"
        case badNumber = "a number that breaks the grammar"
        case duplicateMember = "a member name that occurs twice in one object"
        case tooDeep = "more nesting than is accepted"
        case trailingBytes = "more bytes after the end of the value"
    }

    package let reason: Reason
    /// Offset of the offending byte from the start of the text.
    package let offset: Int
}

extension JSONError: CustomStringConvertible {
    package var description: String { "\(reason.rawValue), at byte \(offset)" }
}
