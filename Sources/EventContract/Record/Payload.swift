/// The payload of a record that was read back.
package struct Payload: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case text(UTF8Text)
        case texts([UTF8Text])
        case flag(Bool)
    }

    private var members: [(field: PayloadField, value: Value)] = []

    package init() {}

    package func text(_ field: PayloadField) -> UTF8Text? {
        if case .text(let text)? = value(field) { text } else { nil }
    }

    package func texts(_ field: PayloadField) -> [UTF8Text]? {
        if case .texts(let texts)? = value(field) { texts } else { nil }
    }

    package func flag(_ field: PayloadField) -> Bool? {
        if case .flag(let flag)? = value(field) { flag } else { nil }
    }

    mutating func append(_ field: PayloadField, _ value: Value) {
        if members.isEmpty { members.reserveCapacity(4) }
        members.append((field, value))
    }

    private func value(_ field: PayloadField) -> Value? {
        // By index: iterating would retain every member on the way.
        for index in members.indices where members[index].field == field { return members[index].value }
        return nil
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.members.elementsEqual(right.members) { $0.field == $1.field && $0.value == $1.value }
    }
}
