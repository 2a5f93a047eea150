import Testing

@testable import Consumer

@Suite("Dead letters and the marks behind them")
struct DeadLetterLogTests {
    @Test("A failed attempt counts, a redrive ends it, whatever the order of reading")
    func marks() {
        let letter = record(0, [(.topic, "events"), (.reason, "first")])
        let failed = record(1, [(.letter, "0:0"), (.attemptedAt, "t1"), (.reason, "second")])
        let done = record(2, [(.letter, "0:0"), (.redrivenAt, "t2")])
        let log = DeadLetterLog([done, failed, letter])
        #expect(log.letters.count == 1)
        #expect(log.letters[0].attempts == 3 && log.letters[0].redrivenAt == "t2")
        #expect(log.letters[0].reason == "second")
    }

    @Test("A record that came with a mark's headers is a letter all the same")
    func forgedMark() {
        let letter = record(0, [(.topic, "events")])
        let forged = record(1, [(.letter, "0:0"), (.redrivenAt, "t"), (.topic, "events"), (.reason, "unreadable")])
        let log = DeadLetterLog([letter, forged])
        #expect(log.letters.map(\.isDone) == [false, false])
    }

    @Test("A letter from another topic, or without its value, is not redriven")
    func refused() {
        #expect(throws: StoredLetter.Unreadable(reason: "it came from another topic")) {
            try record(0, [(.topic, "elsewhere")]).check(for: "events")
        }
        #expect(throws: StoredLetter.Unreadable.self) { try record(0, [(.droppedSize, "9")]).check(for: "events") }
        #expect(throws: StoredLetter.Unreadable(reason: "the record has no value")) {
            try record(0, [(.topic, "events")]).check(for: "events")
        }
    }

    @Test("What drives a terminal is printed as its bytes")
    func printableText() {
        #expect(printable("a\u{1B}[2Jé\n\u{202E}") == "a\\x1b[2Jé\\x0a\\xe2\\x80\\xae")
        #expect(printable("abc", sizeMax: 2) == "ab…")
    }

    private func record(_ offset: Int64, _ headers: [(DeadLetterHeader, String)]) -> StoredLetter {
        StoredLetter(
            place: PartitionOffset(partition: 0, offset: offset), key: [], value: nil,
            headers: headers.map { ($0.0.rawValue, Array($0.1.utf8)) })
    }
}
