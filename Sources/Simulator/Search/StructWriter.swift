import Foundation

/// Writes a stored payload as `google.protobuf.Struct`: members sorted by name, every number a double.
///
/// Bytes are sliced, not decoded one by one: a simulator writes hundreds of thousands of payloads.
struct StructWriter {
    private let json: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// - Parameter payload: valid JSON without blanks between its tokens.
    static func text(_ payload: String) -> String {
        var payload = payload
        return payload.withUTF8 { bytes in
            var writer = StructWriter(bytes)
            return writer.value()
        }
    }

    private init(_ json: UnsafeBufferPointer<UInt8>) {
        self.json = json
    }

    private var next: UInt8 { position < json.count ? json[position] : 0 }

    private mutating func value() -> String {
        switch next {
        case UInt8(ascii: "{"): object()
        case UInt8(ascii: "["): array()
        case UInt8(ascii: "\""): string()
        default: word()
        }
    }

    private mutating func object() -> String {
        var members: [(name: String, value: String)] = []
        position += 1
        while position < json.count, next != UInt8(ascii: "}") {
            let name = string()
            position += 1
            members.append((name, value()))
            if next == UInt8(ascii: ",") { position += 1 }
        }
        position += 1
        members.sort { $0.name < $1.name }
        var text = "{"
        for (index, member) in members.enumerated() {
            if index > 0 { text += "," }
            text += member.name
            text += ":"
            text += member.value
        }
        return text + "}"
    }

    private mutating func array() -> String {
        var text = "["
        position += 1
        while position < json.count, next != UInt8(ascii: "]") {
            if text != "[" { text += "," }
            text += value()
            if next == UInt8(ascii: ",") { position += 1 }
        }
        position += 1
        return text + "]"
    }

    /// The string with its quotes: without escapes as it stands, else decoded and written anew.
    private mutating func string() -> String {
        let start = position
        var hasEscapes = false
        position += 1
        while position < json.count, json[position] != UInt8(ascii: "\"") {
            if json[position] == UInt8(ascii: "\\") {
                hasEscapes = true
                position += 1
            }
            position += 1
        }
        position += 1
        let raw = String(decoding: json[start..<min(position, json.count)], as: UTF8.self)
        guard hasEscapes else { return raw }
        let decoded = try? JSONDecoder().decode(String.self, from: Data(raw.utf8))
        return decoded.map { ProtobufJSON.string($0) } ?? raw
    }

    private mutating func word() -> String {
        let start = position
        while position < json.count, !",]}".utf8.contains(json[position]) { position += 1 }
        let text = String(decoding: json[start..<position], as: UTF8.self)
        return Double(text).map { ProtobufJSON.number($0) } ?? text
    }
}
