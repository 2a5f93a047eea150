import Foundation
import Logging
import ServiceRuntime
import Synchronization
import Testing

/// Collects what a logger writes.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }

    func logger(_ format: LogOutput.Format, level: Logger.Level = .trace) -> Logger {
        LogOutput(
            format: format, level: level, clock: WallClock { 1_767_323_045_678_901 },
            write: { line in self.lines.withLock { $0.append(line) } }
        ).logger("bridge.webhook")
    }
}

@Suite("Logs")
struct LogTests {
    @Test("A JSON line has its members in order and the metadata sorted behind")
    func jsonLine() {
        let lines = Lines()
        lines.logger(.json).info(
            "Handling webhook event",
            metadata: [LogKey.path: "webhook", LogKey.eventID: "user/1/3", LogKey.latency: .stringConvertible(4.5)])
        #expect(
            lines.all == [
                #"{"time":"2026-01-02T03:04:05.678901Z","level":"info","logger":"bridge.webhook","#
                    + #""message":"Handling webhook event","event_id":"user/1/3","latency_ms":4.5,"path":"webhook"}"#
                    + "\n"
            ])
    }

    @Test(
        "Any text in message and metadata stays one valid JSON line",
        arguments: [
            "plain", "\" \\ / \u{8} \n \r\n \t \u{1} \u{7F} \u{2028} 😀 é", "", "{\"a\":1}",
        ])
    func escaping(text: String) throws {
        let lines = Lines()
        var logger = lines.logger(.json)
        logger[metadataKey: "own"] = .string(text)
        logger.error(
            "\(text)", metadata: ["list": [.string(text), "1"], "map": ["k": .string(text)], "time": "other"])
        let line = try #require(lines.all.first)
        #expect(line.utf8.filter { $0 == 0x0A }.count == 1 && line.hasSuffix("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["message"] as? String == text)
        #expect(object["own"] as? String == text)
        #expect((object["map"] as? [String: String])?["k"] == text)
        #expect(object["time"] as? String == "2026-01-02T03:04:05.678901Z")
        #expect(object["metadata.time"] as? String == "other")
    }

    @Test("A text line quotes what could be taken for something else")
    func textLine() {
        let lines = Lines()
        lines.logger(.text).warning("Record set aside", metadata: ["reason": "no key\nlevel=error", "offset": "7"])
        #expect(
            lines.all == [
                "2026-01-02T03:04:05.678901Z WARNING  bridge.webhook: Record set aside offset=7 "
                    + "reason=\"no key\\nlevel=error\"\n"
            ])
    }

    @Test("Lines below the level are not written, and a long value is cut")
    func limits() {
        let lines = Lines()
        let logger = lines.logger(.json, level: .warning)
        logger.info("quiet")
        logger.warning("loud", metadata: ["x": .string(String(repeating: "é", count: 100_000))])
        #expect(lines.all.count == 1)
        #expect((lines.all.first?.utf8.count ?? 0) < 5000)
    }

    @Test("Level and format come from the settings")
    func fromSettings() throws {
        let output = LogOutput(try loadSettings(environment: ["LOG_LEVEL": "debug", "LOG_FORMAT": "text"]))
        #expect(output.level == .debug)
        #expect(output.format == .text)
    }
}
