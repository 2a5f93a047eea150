/// One answer of Zitadel's events search, checked and cut into its events.
package struct EventSearchPage: Sendable {
    package struct Item: Sendable {
        /// Where the event stands in the page's bytes.
        package let range: Range<Int>
        /// `<aggregate type>/<aggregate id>/<sequence>`, as in a record; nil when this is no event.
        package let id: UTF8Text?
        /// Zitadel's event type.
        package let type: UTF8Text
        /// The epoch when the item tells no time, which only one that is no event does.
        package let createdAt: EventTime
        /// Of an event of a user grant: the user it names.
        package let grantee: UTF8Text?
        /// Of an event of a user grant that names no user: the grant.
        package let grantWithoutUser: UTF8Text?
    }

    package let bytes: [UInt8]
    /// In Zitadel's order.
    package let items: [Item]

    /// - Throws: when the bytes are no such answer. An item that is no event is no error: it is an `Item` without id.
    package init(_ bytes: [UInt8]) throws(JSONError) {
        self.bytes = bytes
        var items: [Item] = []
        var failure: JSONError?
        bytes.withUnsafeBytes { text in
            var scanner = JSONScanner()
            var event = ZitadelEvent()
            scanner.start(text)
            do throws(JSONError) {
                try scanner.document { (name, scanner) throws(JSONError) in
                    guard name == "events", scanner.nextByte() == UInt8(ascii: "[") else {
                        _ = try scanner.value()
                        return
                    }
                    try scanner.array { (scanner) throws(JSONError) in
                        items.append(try Self.item(&scanner, &event))
                    }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        self.items = items
    }

    private static func item(
        _ scanner: inout JSONScanner, _ event: inout ZitadelEvent
    ) throws(JSONError) -> Item {
        _ = scanner.nextByte()
        let start = scanner.position
        var isEvent = true
        do throws(ZitadelEventError) {
            try event.read(searchItem: &scanner)
        } catch {
            guard case .member = error else {
                if case .notJSON(let reason) = error { throw reason }
                preconditionFailure("A closed error has a third case.")
            }
            isEvent = false
        }
        let isGrant = isEvent && event.aggregateType == AggregateType.userGrant.name
        let grantee = isGrant ? event.grantee?.text : nil
        return Item(
            range: start..<scanner.position, id: isEvent ? event.recordID : nil, type: event.type.text,
            createdAt: event.createdAt, grantee: grantee,
            grantWithoutUser: isGrant && grantee == nil ? event.aggregateID.text : nil)
    }
}

extension ZitadelEvent {
    /// The identity of the event's record: `<aggregate type>/<aggregate id>/<sequence>`.
    package var recordID: UTF8Text {
        var bytes: [UInt8] = []
        aggregateType.appendDecoded(to: &bytes)
        bytes.append(UInt8(ascii: "/"))
        aggregateID.appendDecoded(to: &bytes)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: String(sequence).utf8)
        return UTF8Text(bytes: bytes)
    }
}
