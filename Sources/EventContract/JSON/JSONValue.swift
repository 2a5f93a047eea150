/// One JSON value inside the text it was scanned from. Borrows the scanned bytes.
package enum JSONValue {
    case string(JSONText)
    /// The number's text, which follows the grammar of RFC 8259.
    case number(UnsafeRawBufferPointer)
    case bool(Bool)
    case null
    /// The validated text of the object, braces included.
    case object(UnsafeRawBufferPointer)
    /// The validated text of the array, brackets included.
    case array(UnsafeRawBufferPointer)

    package var string: JSONText? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value as a positive integer in plain decimal digits: no sign, fraction, exponent or leading zero.
    package var positiveInteger: Int64? {
        if case .number(let digits) = self { Self.positiveInteger(digits) } else { nil }
    }

    /// - Returns: nil for 0, anything above `Int64.max`, and text that is not digits alone.
    package static func positiveInteger(_ digits: UnsafeRawBufferPointer) -> Int64? {
        guard let first = digits.first, first != UInt8(ascii: "0") else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !overflow2 else { return nil }
            value = sum
        }
        return value
    }
}
