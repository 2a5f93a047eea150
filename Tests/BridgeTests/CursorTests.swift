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

    private func cursor(_ times: [String: Int64], sweep: Int64?) -> PollCursor {
        var cursor = PollCursor()
        for (type, at) in times { cursor.advance([type], to: time(at)) }
        cursor.lastSweep = sweep.map { time($0) }
        return cursor
    }

    @Test("Merging moves forward only", arguments: [nil, 3] as [Int64?])
    func merging(_ sweep: Int64?) {
        var one = cursor(["a": 5, "b": 9], sweep: sweep)
        one.merge(cursor(["a": 7, "b": 1, "c": 2], sweep: sweep))
        #expect(one == cursor(["a": 7, "b": 9, "c": 2], sweep: sweep))
    }

    @Test("Of two sweeps the cursor of the later one counts: it may have gone back", arguments: [nil, 2] as [Int64?])
    func mergingSweeps(_ earlier: Int64?) {
        let (behind, ahead) = (cursor(["a": 5, "b": 9], sweep: 3), cursor(["a": 7, "b": 1, "c": 2], sweep: earlier))
        var one = behind
        one.merge(ahead)
        #expect(one == behind)
        var other = ahead
        other.merge(behind)
        #expect(other == behind)
    }

    @Test("Only a type that is ahead is set back")
    func settingBack() {
        var one = cursor(["a": 5, "b": 9], sweep: nil)
        one.setBack("a", to: time(7))
        one.setBack("b", to: time(7))
        one.setBack("c", to: time(7))
        #expect(one == cursor(["a": 5, "b": 7], sweep: nil))
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
