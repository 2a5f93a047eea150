/// One answer of Zitadel's events search, checked and read into its events, once.
package struct EventSearchPage: Sendable {
    package struct Item: Sendable {
        /// The epoch when the item tells no time, which only one that is no event does.
        package let createdAt: EventTime
        package let isEvent: Bool
        private let index: Int
        private let content: Content

        fileprivate init(_ index: Int, of content: Content) {
            createdAt = content.events[index].head.createdAt
            isEvent = content.events[index].isEvent
            self.index = index
            self.content = content
        }

        /// `<aggregate type>/<aggregate id>/<sequence>`, as in a record; nil when this is no event.
        package var id: UTF8Text? { isEvent ? withHead { $0.recordID } : nil }

        /// Zitadel's event type.
        package var type: UTF8Text { withHead { $0.type.text } }

        /// Of an event of a user grant: the user it names.
        package var grantee: UTF8Text? {
            guard isOfGrant else { return nil }
            var event = ZitadelEvent()
            return withEvent(in: &event) { $0.grantee?.text }
        }

        /// Of an event of a user grant that names no user: the grant.
        package var grantWithoutUser: UTF8Text? {
            isOfGrant && grantee == nil ? withHead { $0.aggregateID.text } : nil
        }

        /// Lends the event. One that is none is lent as far as it could be read.
        ///
        /// - Parameter event: where it is put for as long as it is lent; its memory is used again.
        package func withEvent<Result, Failure: Error>(
            in event: inout ZitadelEvent, _ body: (borrowing ZitadelEvent) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            let stored = content.events[index]
            event.replace(head: stored.head, payload: content.payloads[stored.payload])
            // Nobody may look at the page's bytes when the page is gone.
            defer { event.reset() }
            return try withExtendedLifetime(content) { () throws(Failure) in try body(event) }
        }

        private var isOfGrant: Bool {
            isEvent && withHead { $0.aggregateType == AggregateType.userGrant.name }
        }

        private func withHead<Result>(_ body: (borrowing ZitadelEvent) -> Result) -> Result {
            withExtendedLifetime(content) { body(content.events[index].head) }
        }
    }

    /// In Zitadel's order.
    package let items: [Item]

    /// - Throws: when the bytes are no such answer. An item that is no event is no error: it is an `Item` without id.
    package init(_ bytes: [UInt8]) throws(JSONError) {
        let content = try Content(bytes)
        items = content.events.indices.map { Item($0, of: content) }
    }
}

/// The bytes of a page and the events in them, which borrow the bytes and so must not outlive them.
///
/// Sendable although the events hold pointers: nothing changes once it is made.
private final class Content: @unchecked Sendable {
    struct Event {
        /// Without its payload.
        let head: ZitadelEvent
        /// Where the payload's members stand in `payloads`.
        let payload: Range<Int>
        let isEvent: Bool
    }

    let events: [Event]
    /// The members of all payloads, one behind the other.
    let payloads: [ZitadelEvent.PayloadMember]
    private let bytes: PinnedBytes

    init(_ page: [UInt8]) throws(JSONError) {
        bytes = PinnedBytes(page)
        var reading = Reading()
        var scanner = JSONScanner()
        scanner.start(bytes.buffer)
        try scanner.document { (name, scanner) throws(JSONError) in
            guard name == "events", scanner.nextByte() == UInt8(ascii: "[") else {
                _ = try scanner.value()
                return
            }
            try scanner.array { (scanner) throws(JSONError) in try reading.readItem(&scanner) }
        }
        events = reading.events
        payloads = reading.payloads
    }
}

/// What was read of a page so far.
private struct Reading {
    var events: [Content.Event] = []
    var payloads: [ZitadelEvent.PayloadMember] = []
    private var event = ZitadelEvent()

    mutating func readItem(_ scanner: inout JSONScanner) throws(JSONError) {
        var isEvent = true
        do throws(ZitadelEventError) {
            try event.read(searchItem: &scanner)
        } catch {
            if case .notJSON(let reason) = error { throw reason }
            isEvent = false
        }
        let start = payloads.count
        payloads += event.payload
        events.append(
            Content.Event(head: event.withoutPayload, payload: start..<payloads.count, isEvent: isEvent))
    }
}

/// A copy of bytes at an address that stays the same, which that of an array need not.
private final class PinnedBytes {
    let buffer: UnsafeRawBufferPointer

    init(_ bytes: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        copy.copyBytes(from: bytes)
        buffer = UnsafeRawBufferPointer(copy)
    }

    deinit {
        buffer.deallocate()
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

    fileprivate var withoutPayload: ZitadelEvent {
        var head = self
        head.payload = []
        return head
    }

    fileprivate mutating func replace(head: ZitadelEvent, payload members: ArraySlice<PayloadMember>) {
        var payload = payload
        self = head
        payload.removeAll(keepingCapacity: true)
        payload += members
        self.payload = payload
    }
}
