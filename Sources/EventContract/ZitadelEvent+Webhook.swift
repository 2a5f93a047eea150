extension ZitadelEvent {
    /// Reads the body of an event execution (Zitadel, `internal/repository/execution/queue.go`, `ContextInfoEvent`).
    ///
    /// Members may come in any order; unknown ones are ignored. Does not require the instance: whether a request that
    /// names none is refused is the receiver's decision.
    /// - Throws: `.notJSON` for bytes that `JSONScanner` refuses, `.member` for JSON that is no event.
    package mutating func read(
        webhook body: UnsafeRawBufferPointer, using scanner: inout JSONScanner
    ) throws(ZitadelEventError) {
        reset()
        var time: EventTime?
        var payloadIsObject = true
        scanner.start(body)
        do throws(JSONError) {
            try scanner.document { (name, scanner) throws(JSONError) in
                switch true {
                case name == "event_payload": payloadIsObject = try readPayload(&scanner)
                case name == "aggregateID": aggregateID = try scanner.text()
                case name == "aggregateType": aggregateType = try scanner.text()
                case name == "resourceOwner": resourceOwner = try scanner.text()
                case name == "instanceID": instanceID = try scanner.text()
                case name == "sequence": sequence = try scanner.value().positiveInteger ?? 0
                case name == "event_type": type = try scanner.text()
                case name == "created_at": time = EventTime(try scanner.text().raw)
                case name == "userID": editor = try scanner.text()
                default: _ = try scanner.value()
                }
            }
        } catch {
            throw .notJSON(error)
        }
        try checkIdentity()
        guard let time else { throw .member("created_at", "must be an RFC 3339 time with a zone") }
        guard payloadIsObject else { throw .member("event_payload", "must be an object") }
        createdAt = time
    }
}

extension JSONScanner {
    /// Reads a value that counts only if it is a string.
    mutating func text() throws(JSONError) -> JSONText {
        try value().string ?? .none
    }
}
