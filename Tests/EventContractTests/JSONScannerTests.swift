import EventContract
import Foundation
import TestSupport
import Testing

@Suite("JSON scanner")
struct JSONScannerTests {
    /// Scans a text as one object and returns why it was refused, nil when it was accepted.
    private func refusal(_ text: [UInt8]) -> JSONError.Reason? {
        var scanner = JSONScanner()
        return text.withUnsafeBytes { bytes in
            scanner.start(bytes)
            do throws(JSONError) {
                try scanner.document { (_, scanner) throws(JSONError) in _ = try scanner.value() }
                return nil
            } catch {
                return error.reason
            }
        }
    }

    private func refusal(_ text: String) -> JSONError.Reason? { refusal(Array(text.utf8)) }

    @Test(
        "What is no JSON object is refused with the reason",
        arguments: [
            ("", .unexpectedEnd), ("[]", .unexpectedByte), ("1", .unexpectedByte), ("{", .unexpectedEnd),
            ("{}x", .trailingBytes), ("{\"a\":1,}", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte),
            ("{'a':1}", .unexpectedByte), ("{\"a\":01}", .badNumber), ("{\"a\":1.}", .badNumber),
            ("{\"a\":-}", .badNumber), ("{\"a\":1e}", .badNumber), ("{\"a\":+1}", .badNumber),
            ("{\"a\":tru}", .unexpectedByte), ("{\"a\":\"\u{1}\"}", .controlCharacter), ("{\"a\":\"\\x\"}", .badEscape),
            ("{\"a\":\"\\u12g4\"}", .badEscape), ("{\"a\":\"\\ud800\"}", .loneSurrogate),
            ("{\"a\":\"\\udc00\"}", .loneSurrogate), ("{\"a\":\"\\ud800\\u0041\"}", .loneSurrogate),
            ("{\"a\":1,\"a\":2}", .duplicateMember), ("{\"a\":1,\"\\u0061\":2}", .duplicateMember),
            ("{\"o\":{\"b\":1,\"c\":2,\"b\":3}}", .duplicateMember), ("{\"a\":[1 2]}", .unexpectedByte),
        ] as [(String, JSONError.Reason)])
    func refused(_ text: String, _ reason: JSONError.Reason) {
        #expect(refusal(text) == reason)
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8], [0xC3],
            [0xE2, 0x82],
        ] as [[UInt8]])
    func notUTF8(_ bytes: [UInt8]) {
        #expect(refusal(Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)) == .notUTF8)
    }

    @Test("The same name in different objects is no duplicate, also after many members")
    func namesOfDifferentObjects() {
        let many = (0..<100).map { "\"m\($0)\":{\"x\":{\"x\":1},\"m\($0)\":[{\"x\":1},{\"x\":2}]}" }.joined(
            separator: ",")
        #expect(refusal("{\(many)}") == nil)
        #expect(refusal("{\(many),\"m0\":1}") == .duplicateMember)
        #expect(refusal("{\(many),\"m99\":1}") == .duplicateMember)
        #expect(refusal("{\(many),\"z\":1,\"\\u007a\":1}") == .duplicateMember)
    }

    @Test("Long names that begin and end alike are different, and the same long name is a duplicate")
    func longNames() {
        let names = ["preferredLanguage", "preferredXanguage", "preferre", "preferreXferredLanguage"]
        for first in names {
            for second in names {
                let isDuplicate = refusal("{\"\(first)\":1,\"\(second)\":2}") == .duplicateMember
                #expect(isDuplicate == (first == second), "\(first) and \(second)")
            }
        }
    }

    @Test(
        "What ends plain text is found at every place, whatever stands around it",
        arguments: ["\\\"", "\\\\", "\\u0041", "é", "€", "😀", ""])
    func endsOfPlainText(_ special: String) {
        for before in 0..<20 {
            for after in 0..<20 {
                let text = String(repeating: "~", count: before) + special + String(repeating: " ", count: after)
                #expect(refusal("{\"a\":\"\(text)\"}") == nil)
                #expect(refusal("{\"a\":\"\(text)\u{1F}\"}") == .controlCharacter)
                #expect(refusal("{\"a\":\"\(text)") == .unexpectedEnd)
                #expect(refusal(Array("{\"a\":\"\(text)".utf8) + [0x80, 0x22, 0x7D]) == .notUTF8)
            }
        }
    }

    @Test("Nesting is bounded")
    func depth() {
        func nested(_ depth: Int) -> String {
            String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
        }
        #expect(refusal(nested(JSONScanner.depthMax)) == nil)
        #expect(refusal(nested(JSONScanner.depthMax + 1)) == .tooDeep)
        #expect(refusal("{\"a\":" + String(repeating: "[", count: 500_000)) == .tooDeep)
    }

    @Test("Every prefix of a valid text is refused")
    func prefixes() {
        let text = Array("{\"a\":[1,-2.5e+3,true,false,null],\"b\":{\"ü\\n\\u00e9\":\"日本\\ud83d\\ude00\"}}".utf8)
        #expect(refusal(text) == nil)
        for size in 0..<text.count { #expect(refusal(Array(text[..<size])) != nil) }
    }

    @Test(
        "What it accepts JSONSerialization accepts, and decodes to the same strings", arguments: 0..<50 as Range<UInt64>
    )
    func agreesWithFoundation(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\",:\\u0eE1-.+ tfn\u{1}ü\u{80}".utf8) + Array("\"a\":".utf8) + [0xC3, 0xFF]
        let valid = Array("{\"a\":[1,-2.5e+3,true,null],\"b\":{\"ü\\n\\u00e9\":\"日\\ud83d\\ude00\"},\"c\":\"x\"}".utf8)
        for _ in 0..<200 {
            var text = valid
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[index] = alphabet.randomElement(using: &random) ?? 0
                case 1: text.remove(at: index)
                default: text.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
                }
            }
            guard refusal(text) == nil else { continue }
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text)) }
        }
    }

    @Test("Strings decode as JSONSerialization decodes them and encode in the canonical form")
    func strings() throws {
        let text = "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001F\\u007f\\u00e9\\u65e5\\ud83d\\ude00<&>\u{2028}é\"}"
        var scanner = JSONScanner()
        var writer = JSONWriter()
        var decoded: UTF8Text = ""
        try Array(text.utf8).withUnsafeBytes { bytes in
            scanner.start(bytes)
            try scanner.document { (_, scanner) throws(JSONError) in
                guard case .string(let string) = try scanner.value() else { return }
                decoded = string.text
                writer.string(string)
            }
        }
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String]
        #expect(Array(decoded.bytes) == Array(try #require(object?["a"]).utf8))
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}é日😀<&>\u{2028}é\"")
    }
}
