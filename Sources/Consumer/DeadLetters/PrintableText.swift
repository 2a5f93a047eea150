/// Bytes that anybody may have written, as text that cannot drive a terminal: all but printable characters as `\xNN`.
func printable(_ bytes: some Sequence<UInt8>, sizeMax: Int = .max) -> String {
    var text = ""
    var size = 0
    for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
        guard size < sizeMax else { return text + "…" }
        size += 1
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            for byte in String(scalar).utf8 { text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        default: text.unicodeScalars.append(scalar)
        }
    }
    return text
}

/// The same of a text.
func printable(_ text: String, sizeMax: Int = .max) -> String { printable(text.utf8, sizeMax: sizeMax) }
