/// Zitadel's gender of a human user (`internal/domain/human.go`).
package enum Gender: UInt8, CaseIterable, Sendable {
    case unspecified, female, male, diverse

    /// - Parameter number: a JSON number. The events search makes doubles of all numbers, so `1.0` is 1.
    init(_ number: UnsafeRawBufferPointer) {
        var digits = number
        if let point = number.firstIndex(of: UInt8(ascii: ".")),
            number[(point + 1)...].allSatisfy({ $0 == UInt8(ascii: "0") })
        {
            digits = UnsafeRawBufferPointer(rebasing: number[..<point])
        }
        self =
            JSONValue.positiveInteger(digits).flatMap { UInt8(exactly: $0) }.flatMap(Self.init(rawValue:))
            ?? .unspecified
    }

    package var name: StaticString {
        switch self {
        case .unspecified: "unspecified"
        case .female: "female"
        case .male: "male"
        case .diverse: "diverse"
        }
    }
}
