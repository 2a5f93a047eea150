/// One event as Zitadel tells it, from either of its two channels.
///
/// A view: everything textual borrows the bytes it was read from and is valid only while they are. Reuse one value and
/// read the next event into it; the memory for payload members is kept.
package struct ZitadelEvent {
    /// A top-level member of the event's payload.
    package struct PayloadMember {
        package let name: JSONText
        package let value: JSONValue
    }

    package internal(set) var aggregateType = JSONText.none
    package internal(set) var aggregateID = JSONText.none
    /// The organization that owns the aggregate; empty when Zitadel sent none.
    package internal(set) var resourceOwner = JSONText.none
    /// The event's place within its aggregate, 1 or more. Not a global order.
    package internal(set) var sequence: Int64 = 0
    /// Zitadel's own event type, such as `user.human.added`.
    package internal(set) var type = JSONText.none
    package internal(set) var createdAt = EventTime.epoch
    /// Who caused the event: an id or a constant such as `SYSTEM`; empty when Zitadel sent none.
    package internal(set) var editor = JSONText.none
    /// The instance the event is from. The events search does not tell it: the asked host decides it.
    package internal(set) var instanceID: JSONText?
    /// Members of the payload in the order they came; empty also when there is no payload.
    package internal(set) var payload: [PayloadMember] = []

    package init() {}

    /// The payload member of that name. Names are unique, which the scanner has checked.
    package func payloadMember(_ name: StaticString) -> JSONValue? {
        for member in payload where member.name == name { return member.value }
        return nil
    }

    mutating func reset() {
        aggregateType = .none
        aggregateID = .none
        resourceOwner = .none
        sequence = 0
        type = .none
        createdAt = .epoch
        editor = .none
        instanceID = nil
        payload.removeAll(keepingCapacity: true)
    }

    /// Reads the payload at the scanner. An omitted one and null both mean none.
    ///
    /// - Returns: false when it is neither an object nor null.
    mutating func readPayload(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
        guard scanner.nextByte() == UInt8(ascii: "{") else {
            if case .null = try scanner.value() { return true }
            return false
        }
        try scanner.object { (name, scanner) throws(JSONError) in
            payload.append(PayloadMember(name: name, value: try scanner.value()))
        }
        return true
    }

    /// What must be there whatever the channel.
    func checkIdentity() throws(ZitadelEventError) {
        guard !aggregateID.isEmpty else { throw .member("aggregate id", "is missing or no text") }
        guard !aggregateType.isEmpty else { throw .member("aggregate type", "is missing or no text") }
        guard !type.isEmpty else { throw .member("event type", "is missing or no text") }
        guard sequence > 0 else { throw .member("sequence", "must be an integer from 1 to 2^63-1") }
    }
}

/// Why bytes are not a Zitadel event. Never holds any of the bytes.
package enum ZitadelEventError: Error, Equatable, Sendable {
    case notJSON(JSONError)
    case member(StaticString, StaticString)

    package static func == (left: Self, right: Self) -> Bool { left.description == right.description }
}

extension ZitadelEventError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notJSON(let error): "not JSON: \(error)"
        case .member(let name, let problem): "not an event: \(name) \(problem)"
        }
    }
}

extension JSONText {
    static var none: JSONText { JSONText(raw: UnsafeRawBufferPointer(start: nil, count: 0), hasEscapes: false) }
}
