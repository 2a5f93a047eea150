extension EventRecord {
    /// Writes everything but the key, which holds the subject already. Member order is the contract's.
    mutating func write(
        _ event: borrowing ZitadelEvent, _ row: CatalogueRow, _ source: RecordSource, _ fields: PublishedFields
    ) {
        assert(!key.isEmpty)
        type = row.type
        writeIdentity(event, row)
        time.removeAll(keepingCapacity: true)
        event.createdAt.write(to: &time)

        writer.removeAll()
        writer.literal("{\"specversion\":\"1.0\",\"id\":\"")
        writer.escaped(id)
        writer.literal("\",\"source\":\"")
        writer.escaped(source.urn)
        writer.literal("\",\"type\":\"")
        writer.literal(row.type.name)
        writer.literal("\",\"subject\":\"")
        writer.escaped(key)
        writer.literal("\",\"time\":\"")
        writer.literal(time)
        writer.literal("\",\"datacontenttype\":\"application/json\",\"dataschema\":\"")
        writer.literal(Self.dataschema)
        writer.literal("\",\"partitionkey\":\"")
        writer.escaped(key)
        writer.literal("\",\"data\":{\"event\":\"")
        writer.stringContent(event.type)
        writeAggregate(event, row)
        if !event.editor.isEmpty {
            writer.literal(",\"editor\":")
            writer.string(event.editor)
        }
        writer.literal(",\"payload\":{")
        var isFirst = true
        for rule in row.payload where !rule.isPersonal || fields == .all { writePayloadMember(rule, event, &isFirst) }
        writer.literal("}}}")
    }

    private mutating func writeIdentity(_ event: borrowing ZitadelEvent, _ row: CatalogueRow) {
        id.removeAll(keepingCapacity: true)
        id.append(contentsOf: row.aggregate.name.bytes)
        id.append(UInt8(ascii: "/"))
        event.aggregateID.appendDecoded(to: &id)
        id.append(UInt8(ascii: "/"))
        writer.removeAll()
        writer.integer(event.sequence)
        id.append(contentsOf: writer.bytes)
    }

    private mutating func writeAggregate(_ event: borrowing ZitadelEvent, _ row: CatalogueRow) {
        writer.literal("\",\"aggregate\":{\"type\":\"")
        writer.literal(row.aggregate.name)
        writer.literal("\",\"id\":")
        writer.string(event.aggregateID)
        writer.literal(",\"sequence\":")
        writer.integer(event.sequence)
        if !event.resourceOwner.isEmpty {
            writer.literal(",\"resourceOwner\":")
            writer.string(event.resourceOwner)
        }
        writer.literal("}")
    }

    private mutating func writePayloadMember(
        _ rule: PayloadRule, _ event: borrowing ZitadelEvent, _ isFirst: inout Bool
    ) {
        switch rule.source {
        case .text(let name, _):
            guard let text = event.payloadMember(name)?.string else { return }
            writeName(rule.field, &isFirst)
            writer.string(text)
        case .gender:
            guard case .number(let number)? = event.payloadMember("gender") else { return }
            writeName(rule.field, &isFirst)
            writer.literal("\"")
            writer.literal(Gender(number).name)
            writer.literal("\"")
        case .roleKeys:
            writeName(rule.field, &isFirst)
            writeRoleKeys(event.payloadMember("roleKeys"))
        case .constantText(let text):
            writeName(rule.field, &isFirst)
            writer.literal("\"")
            writer.literal(text)
            writer.literal("\"")
        case .constantFlag(let flag):
            writeName(rule.field, &isFirst)
            writer.bool(flag)
        case .grantee:
            writeName(rule.field, &isFirst)
            writer.literal("\"")
            writer.escaped(key)
            writer.literal("\"")
        }
    }

    private mutating func writeName(_ field: PayloadField, _ isFirst: inout Bool) {
        writer.literal(isFirst ? "\"" : ",\"")
        writer.literal(field.name)
        writer.literal("\":")
        isFirst = false
    }

    /// Writes the strings of the array; anything else in it, which Zitadel never sends, grants nothing.
    private mutating func writeRoleKeys(_ value: JSONValue?) {
        writer.literal("[")
        if case .array(let text)? = value {
            var scanner = JSONScanner()
            var isFirst = true
            scanner.start(text)
            // The array was validated when the event was read.
            try? scanner.array { (scanner) throws(JSONError) in
                guard let roleKey = try scanner.value().string else { return }
                if !isFirst { writer.literal(",") }
                writer.string(roleKey)
                isFirst = false
            }
        }
        writer.literal("]")
    }
}

extension JSONWriter {
    fileprivate mutating func escaped(_ text: [UInt8]) {
        text.withUnsafeBytes { stringContent($0) }
    }
}
