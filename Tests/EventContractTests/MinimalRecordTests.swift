import EventContract
import TestSupport
import Testing

@Suite("Records without profiles")
struct MinimalRecordTests {
    private func normalize(_ event: GoldenEvent, _ fields: PublishedFields) throws -> Normalizing.Result {
        let body = Array((event.webhook ?? "").utf8)
        return try Normalizing(fields: fields, users: GoldenEventTests.users)(.webhook(body))
    }

    @Test("What remains of a person is id, kind and state; of a machine user everything")
    func members() throws {
        var seen: Set<String> = []
        for event in GoldenEvent.all where event.record != nil {
            let full = try normalize(event, .all)
            let minimal = try normalize(event, .minimal)
            guard full.outcome == .record else { continue }
            let type = try CanonicalEvent(key: full.key.bytes, value: full.value.bytes).type
            switch type {
            case .userEmailChanged, .userEmailVerified, .userPhoneChanged, .userPhoneRemoved, .userPhoneVerified,
                .userUsernameChanged:
                #expect(minimal.outcome == .profileWithheld)
                seen.insert("\(type)")
                continue
            case .userProfileUpdated where minimal.outcome == .profileWithheld:
                seen.insert("\(type)")
                continue
            default: #expect(minimal.outcome == .record)
            }
            let read = try CanonicalEvent(key: minimal.key.bytes, value: minimal.value.bytes)
            guard type == .userCreated, read.payload.text(.kind) == "human" else {
                #expect(minimal == full, "\(event)")
                continue
            }
            for field in PayloadField.allCases {
                #expect((read.payload.text(field) != nil) == (field == .kind), "\(field)")
            }
            #expect(read.payload.flag(.selfRegistered) != nil)
            seen.insert("created")
        }
        #expect(seen.count == 8)
    }

    @Test("An event that lacks what Zitadel always sends is incomplete all the same")
    func incomplete() throws {
        let event = GoldenEvent.all.first { $0.name == "user.grant.added empty payload is the 4.1.0 bug" }
        #expect(try normalize(try #require(event), .minimal).outcome == .incomplete)
        let created = """
            {"aggregateID":"1","aggregateType":"user","instanceID":"290000000000000001","sequence":1,\
            "event_type":"user.human.added","created_at":"2026-01-02T03:04:05Z","event_payload":{}}
            """
        let normalizing = Normalizing(fields: .minimal)
        #expect(try normalizing(.webhook(Array(created.utf8))).outcome == .incomplete)
    }
}
