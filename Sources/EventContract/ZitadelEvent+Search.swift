extension ZitadelEvent {
    /// Reads one item of the events search at the scanner's position (Zitadel, `proto/zitadel/event.proto`).
    ///
    /// Its `sequence` is text, names of types are nested, and there is no instance. `editor.displayName` is personal
    /// data that the webhook does not have; it is never looked at.
    /// - Throws: `.notJSON` for bytes that `JSONScanner` refuses, `.member` for JSON that is no event.
    package mutating func read(searchItem scanner: inout JSONScanner) throws(ZitadelEventError) {
        reset()
        var time: EventTime?
        var payloadIsObject = true
        do throws(JSONError) {
            try scanner.object { (name, scanner) throws(JSONError) in
                switch true {
                case name == "payload": payloadIsObject = try readPayload(&scanner)
                case name == "aggregate": try readAggregate(&scanner)
                case name == "editor": editor = try scanner.textMember("userId")
                case name == "type": type = try scanner.textMember("type")
                case name == "creationDate": time = EventTime(try scanner.text().raw)
                case name == "sequence": sequence = JSONValue.positiveInteger(try scanner.text().raw) ?? 0
                default: _ = try scanner.value()
                }
            }
        } catch {
            throw .notJSON(error)
        }
        // Also of what is no event: whoever reads pages has to know where in time it stands.
        if let time { createdAt = time }
        try checkIdentity()
        guard time != nil else { throw .member("creationDate", "must be an RFC 3339 time with a zone") }
        guard payloadIsObject else { throw .member("payload", "must be an object") }
    }

    private mutating func readAggregate(_ scanner: inout JSONScanner) throws(JSONError) {
        try scanner.objectOrNothing { (name, scanner) throws(JSONError) in
            switch true {
            case name == "id": aggregateID = try scanner.text()
            case name == "type": aggregateType = try scanner.textMember("type")
            case name == "resourceOwner": resourceOwner = try scanner.text()
            default: _ = try scanner.value()
            }
        }
    }
}

extension JSONScanner {
    /// Reads an object; any other value counts as not sent.
    fileprivate mutating func objectOrNothing(
        _ member: (JSONText, inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard nextByte() == UInt8(ascii: "{") else {
            _ = try value()
            return
        }
        try object(member)
    }

    /// Reads an object and returns its text member of that name.
    fileprivate mutating func textMember(_ wanted: StaticString) throws(JSONError) -> JSONText {
        var found = JSONText.none
        try objectOrNothing { (name, scanner) throws(JSONError) in
            let value = try scanner.value()
            if name == wanted { found = value.string ?? .none }
        }
        return found
    }
}
