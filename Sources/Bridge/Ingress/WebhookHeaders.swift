import EventContract
import NIOHTTP1

/// What the webhook listener reads of a request's headers, found in one pass.
struct WebhookHeaders {
    /// The value of `ZITADEL-Signature`; nil without one, and with two: which was meant is not for us to guess.
    private(set) var signature: String?
    /// A valid W3C `traceparent`; anything else under that name is not passed on.
    private(set) var traceParent: String?
    /// The announced size of the body in bytes; 0 when none is announced.
    private(set) var size = 0
    private(set) var expectsContinue = false

    init() {}

    init(_ headers: HTTPHeaders) {
        var signatures = 0
        for (name, value) in headers {
            switch name.utf8.count {
            case 17 where Self.isEqual(name, "zitadel-signature"):
                signatures += 1
                signature = value
            case 14 where Self.isEqual(name, "content-length"): size = Int(value) ?? .max
            case 11 where Self.isEqual(name, "traceparent"): traceParent = Self.validTraceParent(value)
            case 6 where Self.isEqual(name, "expect"): expectsContinue = true
            default: break
            }
        }
        if signatures > 1 { signature = nil }
    }

    /// The path of a request target, without its query.
    static func path(of uri: String) -> Substring {
        uri.prefix { $0 != "?" }
    }

    /// Compares an HTTP name without case.
    private static func isEqual(_ name: String, _ lowerCase: StaticString) -> Bool {
        name.utf8.elementsEqual(lowerCase.bytes) { $0 == $1 || $0 | 0x20 == $1 }
    }

    /// W3C Trace Context: `00-<32 hex>-<16 hex>-<2 hex>`.
    private static func validTraceParent(_ value: String) -> String? {
        let bytes = Array(value.utf8)
        guard bytes.count == 55 else { return nil }
        for (index, byte) in bytes.enumerated() {
            let isDash = byte == UInt8(ascii: "-")
            let isHexadecimal =
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            guard [2, 35, 52].contains(index) ? isDash : isHexadecimal else { return nil }
        }
        return value
    }
}
