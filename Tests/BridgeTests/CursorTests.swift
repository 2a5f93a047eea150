import EventContract
import Testing

@testable import Bridge

@Suite("The poll cursor and its text")
struct CursorTests {
    private func cursor(_ text: String) throws(PollCursorError) -> PollCursor {
        try PollCursor(json: Array(text.utf8))
    }

    @Test("The text is canonical: sorted by time, then by type")
    func canonical() throws {
        var cursor = PollCursor()
        cursor.advance(["user.removed", "org.added"], to: time(2_000_000))
        cursor.advance(["user.locked"], to: time(1_000_001))
        cursor.lastSweep = time(0)
        let text =
            #"{"v":1,"sweep":"1970-01-01T00:00:00.000000Z","cursors":["#
            + #"{"time":"1970-01-01T00:00:01.000001Z","types":["user.locked"]},"#
            + #"{"time":"1970-01-01T00:00:02.000000Z","types":["org.added","user.removed"]}]}"#
        #expect(String(decoding: cursor.json, as: UTF8.self) == text)
        #expect(try self.cursor(text) == cursor)
        #expect(String(decoding: PollCursor().json, as: UTF8.self) == #"{"v":1,"cursors":[]}"#)
    }

    @Test("A cursor of the whole catalogue, each type at a time of its own, fits ten times over")
    func bounded() throws {
        var cursor = PollCursor()
        for (index, type) in PollPlan.groups.joined().enumerated() {
            cursor.advance([type.name], to: time(Int64(index)))
        }
        #expect(cursor.json.count * 10 < PollCursor.sizeMax)
        #expect(try PollCursor(json: cursor.json) == cursor)
        let blanks = cursor.json + Array(repeating: 0x20, count: PollCursor.sizeMax)
        #expect(throws: PollCursorError.tooLarge(bytes: blanks.count)) { try PollCursor(json: blanks) }
    }

    @Test("A later version is refused by its number, whatever else it holds")
    func laterVersion() {
        #expect(throws: PollCursorError.unknownVersion(2)) {
            try cursor(#"{"cursors":{"x":1},"v":2,"new":[]}"#)
        }
    }

    @Test(
        "What is not exactly a cursor is refused",
        arguments: [
            "", "null", "{}", "[]", #"{"v":1}"#, #"{"v":"1","cursors":[]}"#, #"{"v":1,"cursors":[],"x":1}"#,
            #"{"v":1,"sweep":1,"cursors":[]}"#, #"{"v":1,"sweep":"today","cursors":[]}"#, #"{"v":1,"cursors":{}}"#,
            #"{"v":1,"cursors":[1]}"#, #"{"v":1,"cursors":[{"types":["a"]}]}"#,
            #"{"v":1,"cursors":[{"time":"2026-01-02T00:00:00Z","types":[""]}]}"#,
            #"{"v":1,"cursors":[{"time":"2026-01-02T00:00:00Z","types":["a","a"]}]}"#,
            #"{"v":1,"cursors":[{"time":"2026-01-02T00:00:00Z","types":["a"],"x":1}]}"#,
            #"{"v":1,"cursors":[{"time":"2026-01-02T00:00:00Z","types":["a"]},"#
                + #"{"time":"2027-01-02T00:00:00Z","types":["a"]}]}"#,
            #"{"v":1,"cursors":[]} x"#, #"{"v":1,"v":1,"cursors":[]}"#,
        ])
    func strict(_ text: String) {
        #expect(throws: PollCursorError.self) { try cursor(text) }
    }

    @Test("Merging moves forward only")
    func merging() {
        var one = PollCursor()
        one.advance(["a"], to: time(5))
        one.advance(["b"], to: time(9))
        one.lastSweep = time(3)
        var two = PollCursor()
        two.advance(["a"], to: time(7))
        two.advance(["b"], to: time(1))
        two.advance(["c"], to: time(2))
        two.lastSweep = time(2)
        one.merge(two)
        #expect(one.times == ["a": time(7), "b": time(9), "c": time(2)])
        #expect(one.lastSweep == time(3))
    }

    @Test("Another instance or another topic has other keys")
    func keys() {
        let keys = CursorKeys(instanceID: "29", topic: "zitadel.events.v1")
        #expect(String(decoding: keys.cursor, as: UTF8.self) == "29/zitadel.events.v1")
        #expect(String(decoding: keys.catchUp, as: UTF8.self) == "29/zitadel.events.v1/catch-up")
        #expect(
            String(decoding: keys.backfill(since: nil), as: UTF8.self) == "29/zitadel.events.v1/backfill/beginning")
    }
}
