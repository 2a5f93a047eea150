/// Swift source with its comments and the text of its string literals blanked out, so that rules look at code alone.
///
/// The result has the same length and the same lines as the source. What stands in an interpolation is code and stays.
/// Bounds: regex literals between slashes are not known; a quote inside one would be taken for a string.
struct SwiftScanner {
    let source: [UInt8]
    private(set) var code: [UInt8]
    private var position = 0

    init(_ text: String) {
        source = Array(text.utf8)
        code = source
        scanCode(insideInterpolation: false)
    }

    /// Leaves the position behind the interpolation's closing parenthesis, or at the end.
    private mutating func scanCode(insideInterpolation: Bool) {
        var depth = 0
        while position < source.count {
            if starts(with: "//") {
                blank { $0.source[$0.position] == UInt8(ascii: "\n") }
            } else if starts(with: "/*") {
                skipBlockComment()
            } else if let hashes = hashesOfString() {
                scanString(hashes: hashes)
            } else {
                let byte = source[position]
                position += 1
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                if insideInterpolation, depth < 0 { return }
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                blank(2)
            } else if starts(with: "*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && position < source.count
    }

    /// The number of `#` in front of the quote when a string starts here.
    private func hashesOfString() -> Int? {
        var end = position
        while end < source.count, source[end] == UInt8(ascii: "#") { end += 1 }
        return end < source.count && source[end] == UInt8(ascii: "\"") ? end - position : nil
    }

    private mutating func scanString(hashes: Int) {
        let marks = String(repeating: "#", count: hashes)
        position += hashes
        let quotes = starts(with: "\"\"\"") ? "\"\"\"" : "\""
        position += quotes.utf8.count
        while position < source.count {
            if starts(with: quotes + marks) {
                position += quotes.utf8.count + hashes
                return
            }
            if starts(with: "\\" + marks + "(") {
                position += 2 + hashes
                scanCode(insideInterpolation: true)
            } else if starts(with: "\\" + marks) {
                blank(2 + hashes)
            } else if quotes.utf8.count == 1, source[position] == UInt8(ascii: "\n") {
                return  // not a string after all: do not lose the rest of the file
            } else {
                blank(1)
            }
        }
    }

    private func starts(with text: String) -> Bool {
        source[position...].starts(with: text.utf8)
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where position < source.count {
            if source[position] != UInt8(ascii: "\n") { code[position] = UInt8(ascii: " ") }
            position += 1
        }
    }

    private mutating func blank(until isEnd: (SwiftScanner) -> Bool) {
        while position < source.count, !isEnd(self) { blank(1) }
    }
}
