import Foundation

/// One line of `events.jsonl` or of a history.
package struct GoldenEvent: Decodable, Sendable, CustomStringConvertible {
    package struct Record: Decodable, Sendable {
        package let key: String
        package let value: String
    }

    package let name: String?
    /// The exact body as Zitadel posts it.
    package let webhook: String?
    /// The same event as an item of the events search, as JSON text; nil when there is no such event.
    package let search: [UInt8]?
    package let record: Record?
    package let reason: String?
    /// The status of the webhook endpoint.
    package let answer: Int?
    package let env: [String: String]

    package var description: String { name ?? "event" }

    private enum CodingKeys: CodingKey {
        case name, webhook, search, record, reason, answer, env
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        webhook = try container.decodeIfPresent(String.self, forKey: .webhook)
        search = try container.decodeIfPresent(JSONTree.self, forKey: .search)
            .map { [UInt8](try JSONEncoder().encode($0)) }
        record = try container.decodeIfPresent(Record.self, forKey: .record)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        answer = try container.decodeIfPresent(Int.self, forKey: .answer)
        env = try container.decodeIfPresent([String: String].self, forKey: .env) ?? [:]
    }

    package static let all: [GoldenEvent] = (try? Fixtures.lines("events.jsonl")) ?? []
    package static let smallHistory: [GoldenEvent] = (try? Fixtures.lines("histories/small.jsonl")) ?? []
}

/// Any JSON value, to write an embedded one out again.
private enum JSONTree: Codable {
    case object([String: JSONTree])
    case array([JSONTree])
    case string(String)
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONTree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .object(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .null: try container.encodeNil()
        }
    }
}
