/// The value of `ZITADEL-Signature`: `t=<unix seconds>,v1=<hex>`, `v1` once per key.
///
/// Parsed as Zitadel's reference does (`pkg/actions/signing.go`): no blanks are trimmed, unknown parts and `v1` parts
/// that are not hexadecimal are skipped, the last `t` counts, a part without exactly one `=` refuses the header.
/// The view borrows the bytes it was made of and allocates nothing.
struct SignatureHeader {
    /// Unix seconds of the HTTP call; `Int64.min` when the header has no `t`, which is older than any tolerance.
    let timestamp: Int64

    private let bytes: UnsafeRawBufferPointer

    /// - Throws: `.notSigned` for an empty header, `.invalidHeader` for one that breaks the format.
    init(_ bytes: UnsafeRawBufferPointer) throws(SignatureRejection) {
        guard !bytes.isEmpty else { throw .notSigned }
        guard bytes.count <= SignatureVerifier.headerSizeMax else { throw .invalidHeader }
        self.bytes = bytes
        var timestamp = Int64.min
        var parts = Parts(bytes)
        while let part = parts.next() {
            guard let separator = part.firstIndex(of: UInt8(ascii: "=")),
                !part[(separator + 1)...].contains(UInt8(ascii: "="))
            else { throw .invalidHeader }
            guard separator == part.startIndex + 1, part[part.startIndex] == UInt8(ascii: "t") else { continue }
            guard let seconds = Self.integer(part[(separator + 1)...]) else { throw .invalidHeader }
            timestamp = seconds
        }
        self.timestamp = timestamp
    }

    /// Calls `body` with each well-formed `v1` digest until it answers true.
    func anyDigest(_ body: (UnsafePointer<UInt8>) -> Bool) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: SigningKey.digestSize) { digest in
            var parts = Parts(bytes)
            while let part = parts.next() {
                let start = part.startIndex
                guard part.count == 3 + 2 * SigningKey.digestSize, part[start] == UInt8(ascii: "v"),
                    part[start + 1] == UInt8(ascii: "1"), part[start + 2] == UInt8(ascii: "="),
                    Self.decodeHexadecimal(part[(start + 3)...], into: digest), let address = digest.baseAddress
                else { continue }
                if body(address) { return true }
            }
            return false
        }
    }

    /// Go's `strconv.ParseInt(text, 10, 64)`: an optional sign, then ASCII digits.
    private static func integer(_ text: Slice<UnsafeRawBufferPointer>) -> Int64? {
        var digits = text
        let negative = digits.first == UInt8(ascii: "-")
        if negative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            // Accumulated below zero, because the smallest Int64 has no positive twin.
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !overflow2 else { return nil }
            value = sum
        }
        if negative { return value }
        return value == .min ? nil : -value
    }

    private static func decodeHexadecimal(
        _ text: Slice<UnsafeRawBufferPointer>, into digest: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        for index in 0..<digest.count {
            guard let high = nibble(text[text.startIndex + 2 * index]),
                let low = nibble(text[text.startIndex + 2 * index + 1])
            else { return false }
            digest[index] = high << 4 | low
        }
        return true
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The parts of a header between commas, empty ones included.
private struct Parts {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int? = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func next() -> Slice<UnsafeRawBufferPointer>? {
        guard let start = position else { return nil }
        let end = bytes[start...].firstIndex(of: UInt8(ascii: ","))
        position = end.map { $0 + 1 }
        return bytes[start..<(end ?? bytes.count)]
    }
}
