/// A function, initializer, deinitializer or subscript with a body.
struct FunctionLength: Equatable {
    /// Line of the keyword, from 1.
    let line: Int
    /// Lines from the keyword to the closing brace, both included.
    let count: Int
}

extension SwiftScanner {
    func functionLengths() -> [FunctionLength] {
        words().compactMap { word in
            guard isFunctionKeyword(word), let open = bodyStart(after: word.upperBound) else { return nil }
            let close = closing(of: open, "{", "}")
            let first = line(of: word.lowerBound)
            return FunctionLength(line: first, count: line(of: close) - first + 1)
        }
    }

    /// The offset of the bracket that closes the one at `open`; the end of the file when none does.
    func closing(of open: Int, _ opening: Unicode.Scalar, _ closing: Unicode.Scalar) -> Int {
        var depth = 0
        for offset in open..<code.count {
            if code[offset] == UInt8(ascii: opening) { depth += 1 }
            if code[offset] == UInt8(ascii: closing) { depth -= 1 }
            if depth == 0 { return offset }
        }
        return code.count - 1
    }

    /// The line of an offset, from 1.
    func line(of offset: Int) -> Int {
        1 + source[..<offset].count { $0 == UInt8(ascii: "\n") }
    }

    private func words() -> [Range<Int>] {
        var words: [Range<Int>] = []
        var start: Int?
        for offset in 0...code.count {
            let isWord = offset < code.count && Self.isWordByte(code[offset])
            if isWord, start == nil { start = offset }
            if !isWord, let begin = start {
                words.append(begin..<offset)
                start = nil
            }
        }
        return words
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 0x80 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private func isFunctionKeyword(_ word: Range<Int>) -> Bool {
        let before = word.lowerBound > 0 ? code[word.lowerBound - 1] : UInt8(ascii: " ")
        guard before != UInt8(ascii: "."), before != UInt8(ascii: "`") else { return false }
        let after = word.upperBound < code.count ? code[word.upperBound] : UInt8(ascii: " ")
        switch String(decoding: code[word], as: UTF8.self) {
        case "func", "deinit": return true
        case "init", "subscript": return "(<?!".utf8.contains(after)
        default: return false
        }
    }

    /// The opening brace of a body, or nil for a requirement of a protocol, which ends at the next declaration.
    private func bodyStart(after offset: Int) -> Int? {
        var depth = 0
        for offset in offset..<code.count {
            switch Unicode.Scalar(code[offset]) {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return offset
            case "}" where depth == 0: return nil
            case "\n" where depth == 0 && nextLineDeclares(after: offset): return nil
            default: break
            }
            if depth < 0 { return nil }
        }
        return nil
    }

    private func nextLineDeclares(after newline: Int) -> Bool {
        let line = code[(newline + 1)...].prefix { $0 != UInt8(ascii: "\n") }
        let first = String(decoding: line, as: UTF8.self).split(separator: " ").first.map(String.init) ?? ""
        let declarations = [
            "func", "init", "var", "let", "static", "mutating", "package", "private", "associatedtype", "subscript",
            "typealias", "case", "extension", "struct", "enum", "protocol", "nonisolated",
        ]
        return declarations.contains { first == $0 || first.hasPrefix($0 + "(") } || first.hasPrefix("@")
    }
}
