import EventContract
import TestSupport

typealias GoldenRecord = GoldenEvent.Record

/// The golden history as the consumer gets it, and the export that it must end in.
struct GoldenHistory {
    let events: [CanonicalEvent]
    let export: String

    static func small() throws -> GoldenHistory {
        GoldenHistory(
            events: try GoldenEvent.smallHistory.compactMap(\.record).map { try CanonicalEvent($0) },
            export: String(decoding: try Fixtures.data("histories/small.export.jsonl"), as: UTF8.self))
    }
}
