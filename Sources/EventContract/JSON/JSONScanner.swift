/// Reads JSON from bytes, validating everything and copying nothing.
///
/// Stricter than RFC 8259 must be: invalid UTF-8, lone surrogates, a member name that occurs twice in one object (also
/// when one is written with escapes) and nesting beyond `depthMax` are refused, because two readers of such a text may
/// see different events. Keep one scanner and `start` it again: it reuses its memory.
package struct JSONScanner {
    /// Deepest accepted nesting of objects and arrays.
    package static let depthMax = 64

    private var base = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var position = 0
    private var depth = 0
    private var names = MemberNames()

    package init() {}

    /// Begins with a new text. Its bytes must live as long as the scanner and what it returned are used.
    package mutating func start(_ text: UnsafeRawBufferPointer) {
        base = text
        position = 0
        depth = 0
        names.removeAll()
    }

    /// Reads the one value that the text must consist of as an object.
    package mutating func document(
        _ member: (JSONText, inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        try object(member)
        skipBlanks()
        guard position == base.count else { throw fail(.trailingBytes) }
    }

    /// Reads an object. The closure gets each name and must read the value.
    package mutating func object(
        _ member: (JSONText, inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        skipBlanks()
        try expect(UInt8(ascii: "{"))
        try descend()
        let frame = names.openObject()
        skipBlanks()
        if !skip(UInt8(ascii: "}")) {
            repeat {
                skipBlanks()
                let nameStart = position
                let name = try string()
                guard names.insert(name, since: frame) else {
                    throw JSONError(reason: .duplicateMember, offset: nameStart)
                }
                skipBlanks()
                try expect(UInt8(ascii: ":"))
                try member(name, &self)
                skipBlanks()
            } while skip(UInt8(ascii: ","))
            try expect(UInt8(ascii: "}"))
        }
        names.closeObject(frame)
        depth -= 1
    }

    /// Reads an array. The closure must read each element.
    package mutating func array(_ element: (inout JSONScanner) throws(JSONError) -> Void) throws(JSONError) {
        skipBlanks()
        try expect(UInt8(ascii: "["))
        try descend()
        skipBlanks()
        if !skip(UInt8(ascii: "]")) {
            repeat {
                try element(&self)
                skipBlanks()
            } while skip(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"))
        }
        depth -= 1
    }

    /// Reads any value; objects and arrays are validated and returned as text.
    package mutating func value() throws(JSONError) -> JSONValue {
        skipBlanks()
        guard position < base.count else { throw fail(.unexpectedEnd) }
        let start = position
        switch base[position] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"):
            try object { (_, scanner) throws(JSONError) in _ = try scanner.value() }
            return .object(slice(from: start))
        case UInt8(ascii: "["):
            try array { (scanner) throws(JSONError) in _ = try scanner.value() }
            return .array(slice(from: start))
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default:
            try number()
            return .number(slice(from: start))
        }
    }

    /// What the next value begins with, blanks skipped: `{` announces an object.
    package mutating func nextByte() -> UInt8? {
        skipBlanks()
        return position < base.count ? base[position] : nil
    }

    private mutating func descend() throws(JSONError) {
        guard depth < Self.depthMax else { throw fail(.tooDeep) }
        depth += 1
    }

    @inline(__always)
    private mutating func skipBlanks() {
        while position < base.count, base[position] <= 0x20 {
            switch base[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    @inline(__always)
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < base.count, base[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard skip(byte) else { throw fail(.unexpectedByte) }
    }

    private mutating func word(_ expected: StaticString) throws(JSONError) {
        for byte in expected.bytes { try expect(byte) }
    }

    private func slice(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: base[start..<position])
    }

    private func fail(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: position < base.count ? reason : .unexpectedEnd, offset: position)
    }
}

// MARK: - Strings and numbers

extension JSONScanner {
    private mutating func string() throws(JSONError) -> JSONText {
        try expect(UInt8(ascii: "\""))
        let start = position
        var hasEscapes = false
        while true {
            position = base.endOfPlainText(from: position)
            guard position < base.count else { throw fail(.unexpectedEnd) }
            switch base[position] {
            case UInt8(ascii: "\""):
                let text = JSONText(raw: slice(from: start), hasEscapes: hasEscapes)
                position += 1
                return text
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape()
            case 0..<0x20: throw fail(.controlCharacter)
            default: try multibyteCharacter()
            }
        }
    }

    private mutating func escape() throws(JSONError) {
        let start = position
        position += 1
        guard position < base.count else { throw fail(.unexpectedEnd) }
        switch base[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try fourHexadecimalDigits()
            if (0xDC00...0xDFFF).contains(unit) { throw JSONError(reason: .loneSurrogate, offset: start) }
            guard (0xD800...0xDBFF).contains(unit) else { return }
            guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
                throw JSONError(reason: .loneSurrogate, offset: start)
            }
            guard (0xDC00...0xDFFF).contains(try fourHexadecimalDigits()) else {
                throw JSONError(reason: .loneSurrogate, offset: start)
            }
        default: throw fail(.badEscape)
        }
    }

    private mutating func fourHexadecimalDigits() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard position < base.count, let digit = hexadecimalDigit(base[position]) else { throw fail(.badEscape) }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    private mutating func multibyteCharacter() throws(JSONError) {
        guard let size = UTF8Character.size(in: base, at: position) else {
            throw JSONError(reason: .notUTF8, offset: position)
        }
        position += size
    }

    private mutating func number() throws(JSONError) {
        _ = skip(UInt8(ascii: "-"))
        let firstDigit = position
        let integerDigits = try digits()
        if integerDigits > 1, base[firstDigit] == UInt8(ascii: "0") {
            throw JSONError(reason: .badNumber, offset: firstDigit)
        }
        if skip(UInt8(ascii: ".")) { _ = try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            _ = try digits()
        }
    }

    private mutating func digits() throws(JSONError) -> Int {
        let start = position
        while position < base.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(base[position]) { position += 1 }
        guard position > start else { throw fail(start == 0 || position >= base.count ? .unexpectedByte : .badNumber) }
        return position - start
    }
}
