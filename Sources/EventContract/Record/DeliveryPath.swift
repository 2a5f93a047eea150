/// How a delivery of an event came to the topic, as its header `bridge-path` says.
package enum DeliveryPath: UInt8, CaseIterable, Sendable {
    // Stored: numbers are never given to another path.
    case webhook = 1
    case poll, sweep, backfill

    package var name: StaticString {
        switch self {
        case .webhook: "webhook"
        case .poll: "poll"
        case .sweep: "sweep"
        case .backfill: "backfill"
        }
    }

    /// - Returns: nil for a header that is missing or says something else.
    package init?(header: UnsafeRawBufferPointer?) {
        // The first letters differ, and comparing whole names for each record would cost more than the header is worth.
        switch header?.first {
        case UInt8(ascii: "w"): self = .webhook
        case UInt8(ascii: "p"): self = .poll
        case UInt8(ascii: "s"): self = .sweep
        case UInt8(ascii: "b"): self = .backfill
        default: return nil
        }
    }
}
