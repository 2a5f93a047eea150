import EventContract
import Testing

@Suite("Pages of the events search")
struct EventSearchPageTests {
    private func page(_ items: String...) throws(JSONError) -> EventSearchPage {
        try EventSearchPage(Array(#"{"events":[\#(items.joined(separator: ","))]}"#.utf8))
    }

    private func grant(_ type: String, payload: String) -> String {
        #"{"aggregate":{"id":"g","type":{"type":"usergrant"}},"sequence":"2","creationDate":"2026-01-02T00:00:00Z","#
            + #""payload":\#(payload),"type":{"type":"\#(type)"}}"#
    }

    @Test("An event of a grant tells its user, or that it names none")
    func grants() throws {
        let page = try page(
            grant("user.grant.added", payload: #"{"userId":"u","projectId":"p"}"#),
            grant("user.grant.removed", payload: "{}"))
        #expect(page.items.map(\.id) == ["usergrant/g/2", "usergrant/g/2"])
        #expect(page.items.map(\.grantee) == ["u", nil])
        #expect(page.items.map(\.grantWithoutUser) == [nil, "g"])
    }

    @Test("What is no event tells its time where it has one")
    func timeOfNoEvent() throws {
        let page = try page(#"{"creationDate":"2026-01-02T00:00:00Z"}"#, "{}")
        #expect(page.items.map(\.id) == [nil, nil])
        #expect(page.items.map(\.createdAt) == [EventTime("2026-01-02T00:00:00Z"), .epoch])
    }

    @Test("Each event has its own payload, also when the page itself is gone")
    func payloads() throws {
        let items = try page(
            grant("user.grant.added", payload: #"{"userId":"u1","projectId":"p1"}"#), "{}",
            grant("user.grant.removed", payload: "null"),
            grant("user.grant.changed", payload: #"{"roleKeys":["a"],"userId":"u2"}"#)
        ).items
        var event = ZitadelEvent()
        let members = items.reversed().map { item in
            item.withEvent(in: &event) { event in event.payload.map(\.name.text) }
        }
        #expect(members == [["roleKeys", "userId"], [], [], ["userId", "projectId"]])
        #expect(items.map(\.isEvent) == [true, false, true, true])
        #expect(event.payload.isEmpty && event.type.isEmpty)
    }

    @Test("Times move by microseconds and stay within the years that can be written")
    func arithmetic() {
        #expect(EventTime.epoch.advanced(byMicroseconds: -1).description == "1969-12-31T23:59:59.999999Z")
        #expect(EventTime.latest.advanced(byMicroseconds: 1) == .latest)
        #expect(EventTime.earliest.advanced(byMicroseconds: .min) == .earliest)
        #expect(EventTime.latest.advanced(byMicroseconds: .max) == .latest)
        #expect(EventTime(clamping: .max).description == "9999-12-31T23:59:59.999999Z")
        #expect(EventTime("2026-01-02") == nil)
    }
}
