import Foundation
import TestSupport
import Testing

@testable import Simulator

@Suite("Events as Zitadel writes them")
struct EventTests {
    private static let user = Aggregate(
        type: "user", id: "310000000000000001", resourceOwner: "300000000000000001")

    private func body(_ event: StoredEvent) -> String { event.webhookBody(instanceID: "290000000000000001") }

    @Test("A body has Zitadel's members in its order, byte for byte")
    func exactBody() {
        let event = StoredEvent(
            aggregate: Self.user, sequence: 9, type: "user.metadata.set", createdAt: 1_767_323_047_000_001,
            editor: "280000000000000001", payload: #"{"key":"groups","value":"WyJhZG1pbnMiLCJmaW5hbmNlIl0="}"#)
        #expect(
            body(event) == #"{"aggregateID":"310000000000000001","aggregateType":"user","#
                + #""resourceOwner":"300000000000000001","instanceID":"290000000000000001","#
                + #""version":"v2","sequence":9,"#
                + #""event_type":"user.metadata.set","created_at":"2026-01-02T03:04:07.000001Z","#
                + #""userID":"280000000000000001","#
                + #""event_payload":{"key":"groups","value":"WyJhZG1pbnMiLCJmaW5hbmNlIl0="}}"#)
    }

    @Test("No payload and empty texts leave the member out; zeros at the end of the fraction are cut")
    func omittedMembers() {
        let grant = Aggregate(type: "usergrant", id: "320000000000000009", resourceOwner: "")
        let event = StoredEvent(
            aggregate: grant, sequence: 4, type: "user.grant.cascade.removed", createdAt: 1_767_323_045_600_000,
            editor: "", payload: nil)
        #expect(
            body(event) == #"{"aggregateID":"320000000000000009","aggregateType":"usergrant","#
                + #""instanceID":"290000000000000001","version":"v1","sequence":4,"#
                + #""event_type":"user.grant.cascade.removed","created_at":"2026-01-02T03:04:05.6Z"}"#)
    }

    @Test(
        "Fractions are as Go writes them",
        arguments: [
            (1_767_323_045_678_901, "2026-01-02T03:04:05.678901Z"),
            (1_767_323_045_678_900, "2026-01-02T03:04:05.6789Z"),
            (1_767_323_040_000_000, "2026-01-02T03:04:00Z"),
        ] as [(Int64, String)])
    func fraction(microseconds: Int64, text: String) {
        #expect(StoredEvent.rfc3339Nano(microseconds) == text)
    }

    @Test(
        "Texts are escaped as Go escapes them",
        arguments: [
            ("Müller & <Søn>", #"Müller \u0026 \u003cSøn\u003e"#),
            ("a\"\\/\n\r\t\u{8}\u{C}\u{1}\u{7F}", #"a\"\\/\n\r\t\b\f\u0001"# + "\u{7F}"),
            ("\u{2028}\u{2029}\u{2027}日本😀", #"\u2028\u2029"# + "\u{2027}日本😀"),
        ])
    func escapes(text: String, escaped: String) {
        #expect(GoJSON.object { $0.member("k", text) } == "{\"k\":\"\(escaped)\"}")
    }

    @Test("A raw payload is compacted and escaped inside its strings only")
    func compaction() {
        let raw = " { \"a b\" : \"x \\\" <y> \\\\\" , \"c\" : [ 1 , 2.50 ] ,\n\"d\":\"\u{2028}\" } "
        #expect(GoJSON.compacted(raw.utf8) == #"{"a b":"x \" \u003cy\u003e \\","c":[1,2.50],"d":"\u2028"}"#)
    }

    @Test("Each aggregate counts its own sequence, and the events of one push share their time")
    func sequences() throws {
        var store = EventStore()
        let other = Aggregate(type: "usergrant", id: Self.user.id, resourceOwner: "1")
        let pushed = try store.push(
            [
                NewEvent(aggregate: Self.user, type: "a"), NewEvent(aggregate: other, type: "b"),
                NewEvent(aggregate: Self.user, type: "c"),
            ], createdAt: 7, editor: "e")
        #expect(
            pushed.map(\.id) == [
                "user/310000000000000001/1", "usergrant/310000000000000001/1", "user/310000000000000001/2",
            ])
        #expect(pushed.allSatisfy { $0.createdAt == 7 && $0.editor == "e" })
        #expect(
            try store.push([NewEvent(aggregate: other, type: "d")], createdAt: 8, editor: "e").map(\.sequence) == [2])
        #expect(store.events.count == 4)
    }
}
