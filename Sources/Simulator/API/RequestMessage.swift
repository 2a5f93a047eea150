import EventContract
import Foundation

/// A protobuf message in JSON: names in camelCase or snake_case, 64-bit integers as text or number, unknown members
/// ignored, null as not sent.
struct RequestMessage: Sendable {
    private let members: [String: RequestJSON]

    init(_ members: [String: RequestJSON]) {
        self.members = members
    }

    /// - Parameter body: one JSON object, or nothing for the empty message.
    init(body: [UInt8]) throws(GatewayError) {
        guard !body.isEmpty else {
            self.init([:])
            return
        }
        guard case .object(let members)? = try? JSONDecoder().decode(RequestJSON.self, from: Data(body)) else {
            throw .invalid("proto: syntax error (line 1:1): unexpected token")
        }
        self.init(members)
    }

    func has(_ name: String) -> Bool { value(name) != nil }

    func text(_ name: String) throws(GatewayError) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else { throw wrong(name, "string") }
        return text
    }

    func bool(_ name: String) throws(GatewayError) -> Bool {
        guard let value = value(name) else { return false }
        guard case .bool(let bool) = value else { throw wrong(name, "bool") }
        return bool
    }

    func unsigned(_ name: String) throws(GatewayError) -> Int {
        switch value(name) {
        case nil: return 0
        case .number(let number)?:
            guard let integer = Int(exactly: number), integer >= 0 else { throw wrong(name, "uint") }
            return integer
        case .string(let text)?:
            guard let integer = Int(text), integer >= 0 else { throw wrong(name, "uint") }
            return integer
        default: throw wrong(name, "uint")
        }
    }

    func texts(_ name: String) throws(GatewayError) -> [String] {
        var texts: [String] = []
        for value in try list(name) {
            guard case .string(let text) = value else { throw wrong(name, "string") }
            texts.append(text)
        }
        return texts
    }

    func message(_ name: String) throws(GatewayError) -> RequestMessage? {
        guard let value = value(name) else { return nil }
        guard case .object(let members) = value else { throw wrong(name, "message") }
        return RequestMessage(members)
    }

    func messages(_ name: String) throws(GatewayError) -> [RequestMessage] {
        var messages: [RequestMessage] = []
        for value in try list(name) {
            guard case .object(let members) = value else { throw wrong(name, "message") }
            messages.append(RequestMessage(members))
        }
        return messages
    }

    /// Microseconds since 1970; `nil` also for exactly 1970, which Zitadel takes as not sent.
    func time(_ name: String) throws(GatewayError) -> Int64? {
        guard let text = try text(name) else { return nil }
        let time = Array(text.utf8).withUnsafeBytes { EventTime($0) }
        guard let time else { throw wrong(name, "google.protobuf.Timestamp") }
        return time.microsecondsSinceEpoch == 0 ? nil : time.microsecondsSinceEpoch
    }

    /// Nanoseconds.
    func duration(_ name: String) throws(GatewayError) -> Int64? {
        guard let text = try text(name) else { return nil }
        guard text.hasSuffix("s"), let seconds = Double(text.dropLast()), abs(seconds) < 1e9 else {
            throw wrong(name, "google.protobuf.Duration")
        }
        return Int64((seconds * 1_000_000_000).rounded())
    }

    private func list(_ name: String) throws(GatewayError) -> [RequestJSON] {
        guard let value = value(name) else { return [] }
        guard case .array(let values) = value else { throw wrong(name, "list") }
        return values
    }

    private func value(_ name: String) -> RequestJSON? {
        let value = members[name] ?? members[Self.snakeCase(name)]
        return value == .null ? nil : value
    }

    private func wrong(_ name: String, _ type: String) -> GatewayError {
        .invalid("proto: (line 1:2): invalid value for \(type) field \(name)")
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}
