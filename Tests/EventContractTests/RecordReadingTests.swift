import EventContract
import TestSupport
import Testing

@Suite("Reading records back")
struct RecordReadingTests {
    private let record = GoldenEvent.all.first { $0.name == "user.human.added every member and every secret" }?.record

    private func read(key: String? = nil, _ change: (inout String) -> Void = { _ in }) throws -> CanonicalEvent {
        let record = try #require(record)
        var value = record.value
        change(&value)
        return try CanonicalEvent(key: Array((key ?? record.key).utf8), value: Array(value.utf8))
    }

    @Test("The record of the test reads back")
    func unchanged() throws {
        let event = try read()
        #expect(event.type == .userCreated)
        #expect(event.payload.text(.kind) == "human")
        #expect(event.payload.flag(.selfRegistered) == false)
        #expect(event.payload.text(.firstName) != nil)
        #expect(event.payload.texts(.roleKeys) == nil)
    }

    @Test(
        "A change of form is refused",
        arguments: [
            ("\"specversion\":\"1.0\"", "\"specversion\":\"1.1\""), ("{\"specversion\"", "{ \"specversion\""),
            ("\"type\":\"zitadel.user.created\"", "\"type\":\"zitadel.user.removed\""),
            ("urn:zitadel:instance:", "urn:other:instance:"), (":event:v1", ":event:v2"),
            (".678901Z", ".67890Z"), ("Z\",\"datacontenttype", "+00:00\",\"datacontenttype"),
            ("\"sequence\":1", "\"sequence\":0"), ("\"sequence\":1", "\"sequence\":01"),
            ("\"sequence\":1", "\"sequence\":9223372036854775808"), ("\"sequence\":1", "\"sequence\":2"),
            ("\"kind\":\"human\",", ""), ("\"username\":\"ada\",", ""), ("\"kind\":\"human\"", "\"kind\":\"machine\""),
            ("\"selfRegistered\":false", "\"selfRegistered\":true"), ("\"username\":\"", "\"userName\":\""),
            ("\"firstName\":\"Ada\"", "\"firstName\":\"A\\u0064a\""), ("\"firstName\":\"Ada\"", "\"firstName\":null"),
            ("\"payload\":{", "\"payload\":{\"x\":1,"), ("}}}", "}}"), ("}}}", "}}}\n"), ("}}}", ",\"x\":1}}}"),
            ("\"gender\":\"female\"", "\"gender\":\"other\""),
            ("\"event\":\"user.human.added\"", "\"event\":\"user.x\""),
        ])
    func changedForm(_ original: String, _ replacement: String) throws {
        #expect(throws: RecordReadError.self) {
            try read { value in
                let range = value.firstRange(of: original)
                #expect(range != nil, "The record has nothing to change.")
                if let range { value.replaceSubrange(range, with: replacement) }
            }
        }
    }

    @Test("A key that is not the subject is refused")
    func otherKey() {
        #expect(throws: RecordReadError.mismatch("subject and the record's key")) { try read(key: "1") }
    }

    @Test("A record without key or value is refused")
    func missingParts() throws {
        let value = Array(try #require(record).value.utf8)
        #expect(throws: RecordReadError.noKey) {
            try value.withUnsafeBytes { _ = try CanonicalEvent(key: nil, value: $0) }
        }
        #expect(throws: RecordReadError.noValue) {
            try value.withUnsafeBytes { _ = try CanonicalEvent(key: $0, value: nil) }
        }
    }

    @Test("Every cut and every flipped bit is refused or still reads as the same form")
    func damaged() throws {
        let record = try #require(record)
        let key = Array(record.key.utf8)
        let value = Array(record.value.utf8)
        for size in 0..<value.count {
            #expect(throws: RecordReadError.self) { try CanonicalEvent(key: key, value: Array(value[..<size])) }
        }
        for index in value.indices {
            for bit in 0..<8 {
                var damaged = value
                damaged[index] ^= 1 << bit
                // Must not trap; a flipped bit inside free text is another text.
                _ = try? CanonicalEvent(key: key, value: damaged)
            }
        }
    }

    @Test("A refusal says where, never what")
    func refusalSaysWhere() throws {
        do {
            _ = try read { $0 = $0.replacing("\"username\"", with: "\"secretname\"") }
            Issue.record("A renamed member must be refused.")
        } catch let error as RecordReadError {
            #expect("\(error)".contains("username"))
            #expect(!"\(error)".contains("secretname"))
        }
    }
}
