import FoundationEssentials

/// The JSON of `/status`, as `BridgeStatus` writes it. A member that a bridge of another version lacks is nil.
struct StatusDocument: Decodable {
    struct Zitadel: Decodable {
        var instance: String
        var version: String
    }

    struct Registration: Decodable {
        var state: String
        var reason: String?
        var attempts: Int?
        var problem: String?
        var fix: String?
        var target: String?
        var flavour: String?
        var conditions: Int?
        var warnings: [Warning]?
    }

    struct Warning: Decodable {
        var problem: String
        var fix: String
    }

    struct Polling: Decodable {
        var elected: Bool
        var polling: Bool
        var nextInMs: Int64?
        var cursor: Cursor?
        var failuresInARow: Int
        var givenUp: Int
        var gaps: Int
        var latest: Poll?
    }

    struct Cursor: Decodable {
        var time: String
        var ageMs: Int64
    }

    struct Poll: Decodable {
        var path: String
        var startedAt: String
        var durationMs: Int64
        var result: String
        var events: Int
        var published: Int
        var duplicates: Int
        var held: Int
        var heldEvents: [HeldEvent]?
        var clockOffsetMs: Int64?
    }

    struct HeldEvent: Decodable {
        var id: String
        var reason: String
    }

    /// By outcome, and `created_to_published_mean_ms`.
    struct Events: Decodable {
        var webhook: [String: Int]?
        var poll: [String: Int]?
        var sweep: [String: Int]?
        var backfill: [String: Int]?
        var duplicatesInTopic: Int?
    }

    var version: String
    var zitadel: Zitadel?
    var registration: Registration
    var polling: Polling?
    var events: Events

    /// - Returns: nil for anything else.
    init?(_ json: [UInt8]) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let document = try? decoder.decode(Self.self, from: Data(json)) else { return nil }
        self = document
    }
}

/// The JSON of `/readyz`.
struct ReadinessDocument: Decodable {
    struct Check: Decodable {
        var name: String
        var ready: Bool
        var reason: String?
    }

    var checks: [Check]

    init?(_ json: [UInt8]) {
        guard let document = try? JSONDecoder().decode(Self.self, from: Data(json)) else { return nil }
        self = document
    }

    /// Such as `kafka: no broker answers`.
    var problems: [String] {
        checks.filter { !$0.ready }.map { "\($0.name): \($0.reason ?? "not ready")" }
    }
}
