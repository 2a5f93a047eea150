extension CanonicalEvent {
    /// Reads a record back, accepting only what `EventNormalizer` writes.
    ///
    /// The form is exact: member order, no blanks, no unknown members. A record that differs was not written by a
    /// bridge of this schema version, and guessing what it means could grant access.
    /// - Parameters:
    ///   - key: the record's key; nil when it has none.
    ///   - value: the record's value; nil for a tombstone, which this topic never has.
    package init(
        key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?
    ) throws(RecordReadError) {
        guard let value else { throw .noValue }
        guard let key else { throw .noKey }
        var cursor = RecordCursor(value)
        try cursor.expect("{\"specversion\":\"1.0\",\"id\":\"")
        let id = try cursor.scannedText("id")
        try cursor.expect(",\"source\":\"urn:zitadel:instance:")
        instanceID = try cursor.text("source")
        try cursor.expect(",\"type\":\"")
        let typeName = try cursor.plainText("type")
        try cursor.expect(",\"subject\":\"")
        let subject = try cursor.scannedText("subject")
        try cursor.expect(",\"time\":\"")
        time = try cursor.time()
        try cursor.expect(
            ",\"datacontenttype\":\"application/json\",\"dataschema\":\"urn:zitadel-kafka-bridge:event:v1\"")
        try cursor.expect(",\"partitionkey\":\"")
        let partitionKey = try cursor.scannedText("partitionkey")
        try cursor.expect(",\"data\":{\"event\":\"")
        let event = try cursor.plainText("data.event")
        guard let row = Catalogue.row(forEvent: event) else { throw .unknownEventType }
        try cursor.expect(",\"aggregate\":{\"type\":\"")
        let aggregateName = try cursor.plainText("data.aggregate.type")
        try cursor.expect(",\"id\":\"")
        let aggregateID = try cursor.scannedText("data.aggregate.id")
        try cursor.expect(",\"sequence\":")
        sequence = try cursor.integer("data.aggregate.sequence")
        resourceOwner = try cursor.optionalText(",\"resourceOwner\":\"", "data.aggregate.resourceOwner")
        try cursor.expect("}")
        editor = try cursor.optionalText(",\"editor\":\"", "data.editor")
        payload = try cursor.payload(row)
        try cursor.expect("}}")
        guard cursor.isAtEnd else { throw .bytesAfterTheEnd(offset: cursor.position) }

        guard row.type.name.bytes.holdsSame(typeName) else { throw .mismatch("type and data.event") }
        guard row.aggregate.name.bytes.holdsSame(aggregateName) else {
            throw .mismatch("data.event and data.aggregate.type")
        }
        guard id.raw.isIdentity(row.aggregate, aggregateID.raw, sequence) else {
            throw .mismatch("id and data.aggregate")
        }
        guard partitionKey.raw.holdsSame(subject.raw) else { throw .mismatch("subject and partitionkey") }
        type = row.type
        aggregateType = row.aggregate
        self.aggregateID = aggregateID.text
        self.subject = aggregateID.raw.holdsSame(subject.raw) ? self.aggregateID : subject.text
        try checkSubject(key)
    }

    private func checkSubject(_ key: UnsafeRawBufferPointer) throws(RecordReadError) {
        guard !subject.isEmpty, subject.bytes.withUnsafeBytes({ $0.holdsSame(key) }) else {
            throw .mismatch("subject and the record's key")
        }
        if aggregateType == .userGrant {
            guard payload.text(.userID) == subject else { throw .mismatch("subject and data.payload.userId") }
        } else {
            guard aggregateID == subject else { throw .mismatch("subject and data.aggregate.id") }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether this is `<aggregate type>/<aggregate id>/<sequence>`.
    fileprivate func isIdentity(_ type: AggregateType, _ id: UnsafeRawBufferPointer, _ sequence: Int64) -> Bool {
        let name = type.name.bytes
        let digitsStart = name.count + id.count + 2
        guard count > digitsStart, self[name.count] == UInt8(ascii: "/"), self[digitsStart - 1] == UInt8(ascii: "/")
        else { return false }
        let digits = UnsafeRawBufferPointer(rebasing: self[digitsStart...])
        return UnsafeRawBufferPointer(rebasing: self[..<name.count]).holdsSame(name)
            && UnsafeRawBufferPointer(rebasing: self[(name.count + 1)..<(digitsStart - 1)]).holdsSame(id)
            && JSONValue.positiveInteger(digits) == sequence
    }
}

extension RecordCursor {
    fileprivate mutating func optionalText(
        _ start: StaticString, _ name: StaticString
    ) throws(RecordReadError) -> UTF8Text {
        skip(start) ? try text(name) : UTF8Text(bytes: [])
    }

    /// Reads a time in its one canonical form.
    fileprivate mutating func time() throws(RecordReadError) -> EventTime {
        let start = position
        let text = try plainText("time")
        guard let time = EventTime(text), text.count == EventTime.textSize, text.last == UInt8(ascii: "Z") else {
            throw .unexpected(offset: start, expected: "a UTC time with six fraction digits")
        }
        return time
    }

    /// Reads the payload's members in the catalogue's order; those that are not required may be absent, and those that
    /// tell of a person all together (`PublishedFields.minimal`).
    fileprivate mutating func payload(_ row: CatalogueRow) throws(RecordReadError) -> Payload {
        var payload = Payload()
        var isFirst = true
        var isProfileStarted = false
        var leftOut: PayloadField?
        try expect(",\"payload\":{")
        for rule in row.payload {
            guard skipName(rule.field, isFirst) else {
                guard rule.isAlwaysWritten else { continue }
                guard rule.isPersonal else { throw .missingPayloadMember("\(rule.field.name)") }
                leftOut = leftOut ?? rule.field
                continue
            }
            isFirst = false
            isProfileStarted = isProfileStarted || rule.isPersonal
            payload.append(rule.field, try value(rule))
        }
        let isClosed = skip("}")
        if let leftOut, isProfileStarted || !isClosed { throw .missingPayloadMember("\(leftOut.name)") }
        if !isClosed { try expect("}") }
        return payload
    }

    private mutating func skipName(_ field: PayloadField, _ isFirst: Bool) -> Bool {
        let start = self
        if skip(isFirst ? "\"" : ",\""), skip(field.name), skip("\":") { return true }
        self = start
        return false
    }

    private mutating func value(_ rule: PayloadRule) throws(RecordReadError) -> Payload.Value {
        switch rule.source {
        case .text, .grantee:
            try expect("\"")
            return .text(try text(rule.field.name))
        case .gender:
            try expect("\"")
            let start = position
            let name = try plainText("gender")
            guard Gender.allCases.contains(where: { $0.name.bytes.holdsSame(name) }) else {
                throw .unexpected(offset: start, expected: "a gender")
            }
            return .text(UTF8Text(bytes: Array(name)))
        case .roleKeys: return .texts(try texts())
        case .constantText(let text):
            try expect("\"")
            try expect(text)
            try expect("\"")
            return .text(UTF8Text(bytes: Array(text.bytes)))
        case .constantFlag(let flag):
            try expect(flag ? "true" : "false")
            return .flag(flag)
        }
    }

    private mutating func texts() throws(RecordReadError) -> [UTF8Text] {
        try expect("[")
        if skip("]") { return [] }
        var texts: [UTF8Text] = []
        repeat {
            try expect("\"")
            texts.append(try text("data.payload.roleKeys"))
        } while skip(",")
        try expect("]")
        return texts
    }
}

extension PayloadRule {
    /// Whether a record without this member breaks the contract.
    fileprivate var isAlwaysWritten: Bool {
        switch source {
        case .text(_, let isRequired): isRequired
        case .gender: false
        case .roleKeys, .constantText, .constantFlag, .grantee: true
        }
    }
}
