import EventContract
import Foundation
import TestSupport
import Testing

@Suite("Golden events")
struct GoldenEventTests {
    /// Users of the grants that the file's own `user.grant.added` events tell.
    static let users: [UTF8Text: UTF8Text] = {
        var users: [UTF8Text: UTF8Text] = [:]
        for event in GoldenEvent.all {
            guard let webhook = event.webhook.map({ Data($0.utf8) }),
                let object = try? JSONSerialization.jsonObject(with: webhook) as? [String: Any],
                object["event_type"] as? String == "user.grant.added",
                let payload = object["event_payload"] as? [String: Any], let user = payload["userId"] as? String,
                let grant = object["aggregateID"] as? String
            else { continue }
            users[UTF8Text(grant)] = UTF8Text(user)
        }
        return users
    }()

    private func normalize(_ event: GoldenEvent, _ input: Normalizing.Input) throws -> Normalizing.Result {
        let keys = event.env["BRIDGE_METADATA_KEYS"]?.split(separator: ",").map(String.init) ?? ["*"]
        return try Normalizing(metadataKeys: MetadataKeyFilter(keys), users: Self.users)(input)
    }

    private func check(_ result: Normalizing.Result, _ event: GoldenEvent) throws {
        switch event.reason {
        case nil, "wrong-instance":
            guard let record = event.record else { return }
            #expect(result.outcome == .record)
            #expect(result.key == UTF8Text(record.key))
            #expect(result.value == UTF8Text(record.value))
        case "unknown-type": #expect(result.outcome == .unknownType)
        case "metadata-key": #expect(result.outcome == .metadataKeyNotForwarded)
        case "incomplete": #expect(result.outcome == .incomplete)
        case "unresolved": #expect(result.outcome == .unresolvedSubject)
        default: Issue.record("The file has a reason that this test does not know.")
        }
    }

    @Test("The golden events are there")
    func goldenEventsAreThere() {
        #expect(GoldenEvent.all.count == 170)
        #expect(GoldenEvent.smallHistory.count == 400)
    }

    @Test("A webhook body gives the expected record, byte for byte", arguments: GoldenEvent.all)
    func webhook(_ event: GoldenEvent) throws {
        let body = Array((event.webhook ?? "").utf8)
        guard event.reason == "malformed" else { return try check(normalize(event, .webhook(body)), event) }
        #expect(throws: ZitadelEventError.self) { try normalize(event, .webhook(body)) }
    }

    @Test("An item of the events search gives the same record", arguments: GoldenEvent.all)
    func search(_ event: GoldenEvent) throws {
        guard let item = event.search else { return }
        try check(normalize(event, .search(item)), event)
    }

    @Test("A record reads back as the event it was made of", arguments: GoldenEvent.all)
    func readBack(_ event: GoldenEvent) throws {
        guard let record = event.record else { return }
        let read = try CanonicalEvent(record)
        let written = try normalize(event, .webhook(Array((event.webhook ?? "").utf8)))
        #expect(read.id == written.id)
        #expect(read.subject == UTF8Text(record.key))
        #expect(read.instanceID == Normalizing.instance)
        #expect(UTF8Text(read.time.description) == written.time)
    }

    @Test("Both ways agree on every event of a long history, and it reads back")
    func history() throws {
        var users: [UTF8Text: UTF8Text] = [:]
        for event in GoldenEvent.smallHistory {
            let normalizing = Normalizing(users: users)
            let webhook = try normalizing(.webhook(Array(try #require(event.webhook).utf8)))
            let search = try normalizing(.search(try #require(event.search)))
            #expect(webhook.outcome == search.outcome)
            guard let record = event.record else {
                #expect(webhook.outcome != .record)
                continue
            }
            let read = try CanonicalEvent(record)
            if read.type == .userGrantAdded { users[read.aggregateID] = read.subject }
            #expect(webhook == search)
            #expect(webhook.value == UTF8Text(record.value))
            #expect(webhook.key == UTF8Text(record.key))
        }
    }

    @Test("No secret of the fixtures passes into a record")
    func noSecretPasses() throws {
        struct Secrets: Decodable { let never: [String] }
        let secrets = try JSONDecoder().decode(Secrets.self, from: Fixtures.data("secrets.json")).never
        #expect(!secrets.isEmpty)
        for event in GoldenEvent.all where event.reason != "malformed" {
            for input in [Normalizing.Input.webhook(Array((event.webhook ?? "").utf8))]
                + (event.search.map { [.search($0)] } ?? [])
            {
                let result = try normalize(event, input)
                guard result.outcome == .record else { continue }
                for secret in secrets { #expect(!result.value.description.contains(secret)) }
            }
        }
    }
}

extension CanonicalEvent {
    init(_ record: GoldenEvent.Record) throws(RecordReadError) {
        try self.init(key: Array(record.key.utf8), value: Array(record.value.utf8))
    }

    init(key: [UInt8], value: [UInt8]) throws(RecordReadError) {
        let result: Result<CanonicalEvent, RecordReadError> = key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                Result { () throws(RecordReadError) in try CanonicalEvent(key: key, value: value) }
            }
        }
        self = try result.get()
    }
}
