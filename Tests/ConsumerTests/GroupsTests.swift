import Consumer
import EventContract
import Foundation
import Testing

@Suite("Groups from metadata")
struct GroupsTests {
    @Test(
        "A JSON array of strings and objects gives groups, sorted by id",
        arguments: [
            (#"["b","a"]"#, "a=a b=b"), (" [ ] \n", ""), (#"["a","a"]"#, "a=a"),
            (#"[{"id":"x","displayName":"X"},"y"]"#, "x=X y=y"), (#"[{"id":"x"}]"#, "x=x"),
            (#"[{"id":"x","displayName":""}]"#, "x=x"), (#"[{"id":"x","displayName":null}]"#, "x=x"),
            (#"["x",{"id":"x","displayName":"Second"}]"#, "x=x"),
            (#"[{"displayName":"X","id":"x","more":[1]}]"#, "x=X"),
            (#"["\u65e5","é"]"#, "é=é 日=日"), ("[\"e\u{301}\",\"\u{e9}\"]", "e\u{301}=e\u{301} \u{e9}=\u{e9}"),
        ])
    func groups(_ json: String, _ expected: String) throws {
        let groups = try #require(Group.decode(metadataValue: UTF8Text(Data(json.utf8).base64EncodedString())))
        let found = groups.map { "\($0.id)=\($0.displayName)" }.joined(separator: " ")
        #expect(UTF8Text(found) == UTF8Text(expected))
    }

    @Test(
        "Any other shape gives none",
        arguments: [
            "", "{}", "\"a\"", "null", "[1]", "[\"a\",1]", "[\"\"]", "[null]", "[[\"a\"]]", "[{}]", #"[{"id":""}]"#,
            #"[{"id":1}]"#, #"[{"id":"a","displayName":1}]"#, "[\"a\"", "[\"a\"] x", "[\"a\",]", #"["\ud800"]"#,
            #"[{"id":"a","id":"b"}]"#, "[\"a\u{0}\"]",
        ])
    func none(_ json: String) {
        #expect(Group.decode(metadataValue: UTF8Text(Data(json.utf8).base64EncodedString())) == nil)
    }

    @Test(
        "What is not standard base64 gives none",
        arguments: ["W10", "W10=\n", "W1_=", "*", "=", "====", "W===", "W=0="])
    func notBase64(_ value: String) {
        #expect(Group.decode(metadataValue: UTF8Text(value)) == nil)
    }

    @Test("Base64 is read as Foundation writes it")
    func base64() {
        for count in 0..<70 {
            let id = String(repeating: "ÿ?>", count: count) + "x"
            let value = Data("[\"\(id)\"]".utf8).base64EncodedString()
            #expect(Group.decode(metadataValue: UTF8Text(value))?.first?.id == UTF8Text(id))
        }
    }

    @Test("A value without groups warns with user and key, never the value; the key can be configured")
    func warning() throws {
        let state = try TemporaryState()
        _ = try state.store().apply([
            try EventMaker.created("u1", 1, at: 1),
            try EventMaker.user("metadata.set", "u1", 2, at: 2, ("key", "\"teams\""), ("value", "\"bm9uZQ==\"")),
        ])
        var warnings: [GroupsWarning] = []
        #expect(try state.export(groupsKey: "teams") { warnings.append($0) }.contains(#""groups":[]"#))
        #expect(warnings.map { "\($0)" } == [#"GroupsWarning(userID: u1, key: teams)"#])
        warnings = []
        _ = try state.export { warnings.append($0) }
        #expect(warnings.isEmpty)
    }
}
