import TestSupport

/// Records about many machine users, as a bridge writes them: more than the golden history, enough to be interrupted.
struct MachineUsers {
    /// In a random order; some twice.
    let records: [TopicWriter.Record]
    let ids: Set<String>

    init(count: Int, using generator: inout SeededGenerator) {
        var records: [TopicWriter.Record] = []
        var ids = Set<String>()
        for number in 0..<count {
            let user = "31000000000000\(1000 + number)"
            for (index, event) in Self.events(of: number).enumerated() {
                let id = "user/\(user)/\(index + 1)"
                ids.insert(id)
                let record = Self.record(id, user: user, sequence: index + 1, event)
                records.append(record)
                if Int.random(in: 0..<10, using: &generator) == 0 { records.append(record) }
            }
        }
        records.shuffle(using: &generator)
        self.records = records
        self.ids = ids
    }

    private static func events(of number: Int) -> [(source: String, type: String, payload: String)] {
        [
            (
                "user.machine.added", "created",
                """
                "kind":"machine","selfRegistered":false,"username":"robot-\(number)","name":"Robot","description":""
                """
            ),
            ("user.locked", "locked", ""),
            ("user.metadata.set", "metadata.set", "\"key\":\"groups\",\"value\":\"WyJhZG1pbnMiXQ==\""),
            ("user.username.changed", "username.changed", "\"username\":\"renamed-\(number)\""),
            ("user.unlocked", "unlocked", ""),
            ("user.metadata.set", "metadata.set", "\"key\":\"place\",\"value\":\"cm9vbQ==\""),
            ("user.metadata.removed", "metadata.removed", "\"key\":\"place\""),
            number % 10 == 0 ? ("user.removed", "removed", "") : ("user.deactivated", "deactivated", ""),
        ]
    }

    private static func record(
        _ id: String, user: String, sequence: Int, _ event: (source: String, type: String, payload: String)
    ) -> TopicWriter.Record {
        let value = """
            {"specversion":"1.0","id":"\(id)","source":"urn:zitadel:instance:\(Pipeline.instance)",\
            "type":"zitadel.user.\(event.type)","subject":"\(user)","time":"2026-01-02T03:04:05.67890\(sequence)Z",\
            "datacontenttype":"application/json","dataschema":"urn:zitadel-kafka-bridge:event:v1",\
            "partitionkey":"\(user)","data":{"event":"\(event.source)","aggregate":{"type":"user","id":"\(user)",\
            "sequence":\(sequence),"resourceOwner":"300000000000000001"},"payload":{\(event.payload)}}}
            """
        return TopicWriter.Record(key: Array(user.utf8), value: Array(value.utf8))
    }
}
