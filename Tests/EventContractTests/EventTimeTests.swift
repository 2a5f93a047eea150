import EventContract
import Foundation
import TestSupport
import Testing

@Suite("Event time")
struct EventTimeTests {
    private func time(_ text: String) -> EventTime? {
        Array(text.utf8).withUnsafeBytes { EventTime($0) }
    }

    @Test(
        "Any offset and fraction becomes UTC with six digits, cut and not rounded",
        arguments: [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
            ("2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.600000Z"),
            ("2026-01-02T03:04:05.9999999Z", "2026-01-02T03:04:05.999999Z"),
            ("2026-01-01T00:30:00.5+02:00", "2025-12-31T22:30:00.500000Z"),
            ("2024-02-28T23:59:59.999999-00:01", "2024-02-29T00:00:59.999999Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ])
    func canonical(_ text: String, _ expected: String) {
        #expect(time(text)?.description == expected)
    }

    @Test(
        "What is no time with a zone is refused",
        arguments: [
            "", "yesterday", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-13-02T03:04:05Z",
            "2026-02-29T03:04:05Z", "2026-00-02T03:04:05Z", "2026-01-00T03:04:05Z", "2026-01-02T24:00:00Z",
            "2026-01-02T03:60:05Z", "2026-01-02T03:04:60Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+24:00",
            "2026-01-02T03:04:05+0200", "2026-01-02T03:04:05ZZ", "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ])
    func refused(_ text: String) {
        #expect(time(text) == nil)
    }

    @Test("Random times agree with Foundation and survive a round trip")
    func agreesWithFoundation() throws {
        var random = SeededGenerator(seed: 7)
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -30_000_000_000...200_000_000_000, using: &random)
            let event = try #require(EventTime(microsecondsSinceEpoch: seconds * 1_000_000))
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            // Foundation uses the Julian calendar before 1582-10-15.
            if seconds > -12_219_292_800 {
                #expect(event.description == expected.replacingOccurrences(of: "Z", with: ".000000Z"))
            }
            #expect(time(event.description) == event)
        }
    }
}
