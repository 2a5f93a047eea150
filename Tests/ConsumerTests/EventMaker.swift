import EventContract

/// Makes events as the bridge would publish them, from what Zitadel would have posted.
struct EventMaker {
    /// A member of the payload, as JSON.
    typealias Member = (name: String, json: String)

    static func event(
        _ type: String, of aggregate: String, _ id: String, _ sequence: Int, at second: Int, in organization: String,
        _ members: [Member] = []
    ) throws -> CanonicalEvent {
        let clock = "\(10 + second / 60):\(second % 60 < 10 ? "0" : "")\(second % 60)"
        let payload = members.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",")
        let body = """
            {"aggregateID":\(quoted(id)),"aggregateType":"\(aggregate)","resourceOwner":"\(organization)",\
            "instanceID":"290","version":"v1","sequence":\(sequence),"event_type":"\(type)",\
            "created_at":"2026-01-02T03:\(clock)Z","event_payload":{\(payload)}}
            """
        return try read(Array(body.utf8))
    }

    static func user(
        _ type: String, _ id: String, _ sequence: Int, at second: Int, in org: String = "o1", _ members: Member...
    ) throws -> CanonicalEvent {
        try event("user.\(type)", of: "user", id, sequence, at: second, in: org, members)
    }

    static func created(_ id: String, _ sequence: Int, at second: Int, in org: String = "o1") throws -> CanonicalEvent {
        try user("human.added", id, sequence, at: second, in: org, ("userName", quoted("\(id)-\(sequence)")))
    }

    static func granted(
        _ id: String, to user: String, roles: String..., at second: Int, project: String = "p1",
        through projectGrant: String? = nil, in org: String = "o1", sequence: Int = 1
    ) throws -> CanonicalEvent {
        let through = projectGrant.map { [Member("grantId", quoted($0))] } ?? []
        return try event(
            "user.grant.added", of: "usergrant", id, sequence, at: second, in: org,
            [("userId", quoted(user)), ("projectId", quoted(project)), ("roleKeys", list(roles))] + through)
    }

    static func organization(_ type: String, _ id: String, _ sequence: Int, at second: Int) throws -> CanonicalEvent {
        try event("org.\(type)", of: "org", id, sequence, at: second, in: id, [("name", "\"n\"")])
    }

    static func project(
        _ type: String, _ id: String, _ sequence: Int, at second: Int, in org: String = "o1", _ members: Member...
    ) throws -> CanonicalEvent {
        try event("project.\(type)", of: "project", id, sequence, at: second, in: org, [("name", "\"n\"")] + members)
    }

    static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(UTF8Text(text))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func list(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ","))]" }

    private static func read(_ body: [UInt8]) throws -> CanonicalEvent {
        var event = ZitadelEvent()
        var scanner = JSONScanner()
        var record = EventRecord()
        let outcome = try body.withUnsafeBytes { text in
            try event.read(webhook: text, using: &scanner)
            return EventNormalizer(metadataKeys: .all).normalize(
                event, from: RecordSource(instanceID: "290"), into: &record, userOfGrant: { _ in nil })
        }
        precondition(outcome == .record, "\(outcome)")
        return try record.key.withUnsafeBytes { key in
            try record.value.withUnsafeBytes { value in try CanonicalEvent(key: key, value: value) }
        }
    }
}
