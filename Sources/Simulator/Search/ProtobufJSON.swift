import Foundation
import ServiceRuntime

/// Values as protobuf's JSON mapping writes them.
enum ProtobufJSON {
    /// RFC 3339 in UTC with 0, 3 or 6 fraction digits.
    static func timestamp(_ microseconds: Int64) -> String {
        var text = WallClock.rfc3339(microseconds)
        if microseconds % 1_000_000 == 0 {
            text.removeLast(8)
        } else if microseconds % 1000 == 0 {
            text.removeLast(4)
        } else {
            return text
        }
        return text + "Z"
    }

    /// A `google.protobuf.Duration` in seconds with 0, 3, 6 or 9 fraction digits.
    static func duration(nanoseconds: Int64) -> String {
        let (seconds, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard fraction != 0 else { return "\(seconds)s" }
        var digits = String(repeating: "0", count: 9 - "\(fraction)".count) + "\(fraction)"
        while digits.hasSuffix("000") { digits.removeLast(3) }
        return "\(seconds).\(digits)s"
    }

    /// A string with its quotes. Nothing is escaped for HTML here, other than in a webhook.
    static func string(_ text: String) -> String {
        needsEscape(text) ? escaped(text) : "\"" + text + "\""
    }

    /// A double as Go writes it: without an exponent from 1e-6 up to 1e21.
    static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 9e15 { return String(Int64(value)) }
        let text = "\(value)"
        guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]),
            (0..<21).contains(exponent)
        else { return text.hasSuffix(".0") ? String(text.dropLast(2)) : text.replacing("e-0", with: "e-") }
        let sign = value < 0 ? "-" : ""
        let digits = text[..<mark].filter(\.isNumber)
        let trimmed = digits.hasSuffix("0") && digits.count > 1 ? String(digits.dropLast()) : digits
        return sign + trimmed + String(repeating: "0", count: max(0, exponent + 1 - trimmed.count))
    }

    private static func needsEscape(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            for byte in bytes where byte < 0x20 || byte == 0x22 || byte == 0x5C { return true }
            return false
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<"\u{20}":
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
