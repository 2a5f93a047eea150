/// Why a Kafka record is not one of ours, and where. Never holds any of the record's bytes.
package enum RecordReadError: Error, Equatable, Sendable {
    case noKey
    case noValue
    /// The value breaks the form of the contract at this byte.
    case unexpected(offset: Int, expected: String)
    case bytesAfterTheEnd(offset: Int)
    /// A type that this version's catalogue does not have: written by a newer bridge or by somebody else.
    case unknownEventType
    /// Two places of the record that must agree do not.
    case mismatch(String)
    case missingPayloadMember(String)
}

extension RecordReadError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noKey: "the record has no key"
        case .noValue: "the record has no value"
        case .unexpected(let offset, let expected): "at byte \(offset) of the value: expected \(expected)"
        case .bytesAfterTheEnd(let offset): "at byte \(offset) of the value: expected its end"
        case .unknownEventType: "data.event is not in this version's catalogue"
        case .mismatch(let places): "\(places) do not agree"
        case .missingPayloadMember(let name): "data.payload has no member \(name)"
        }
    }
}
