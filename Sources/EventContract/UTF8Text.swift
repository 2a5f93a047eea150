/// Text as the bytes that stand for it.
///
/// Identifiers, keys and role names compare and sort by their UTF-8 bytes. Swift's `String` compares by canonical
/// equivalence, which would make one of two different metadata keys disappear.
package struct UTF8Text: Hashable, Comparable, Sendable {
    /// Valid UTF-8.
    package let bytes: [UInt8]

    /// - Parameter bytes: valid UTF-8.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ string: String) {
        bytes = Array(string.utf8)
    }

    package var isEmpty: Bool { bytes.isEmpty }

    package static func < (left: Self, right: Self) -> Bool {
        left.bytes.withUnsafeBytes { left in
            right.bytes.withUnsafeBytes { right in left.precedes(right) }
        }
    }
}

extension UTF8Text: ExpressibleByStringLiteral {
    package init(stringLiteral value: StaticString) {
        bytes = Array(value.bytes)
    }
}

extension UTF8Text: CustomStringConvertible {
    package var description: String { String(decoding: bytes, as: UTF8.self) }
}
