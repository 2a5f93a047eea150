internal import CCrypto

/// Why a request was not accepted as Zitadel's. Counted by case, never told to the caller.
package enum SignatureRejection: String, Error, CaseIterable, Sendable {
    case notSigned = "not_signed"
    case invalidHeader = "invalid_header"
    case stale
    case future
    case noValidSignature = "no_valid_signature"
}

/// Checks `ZITADEL-Signature` over the raw body, before anything is decoded.
///
/// Every accepted key is tried against every `v1`, in constant time per comparison, so that a rotated key and its
/// successor work side by side. Unlike Zitadel's reference a stamp from the future is refused as well.
package struct SignatureVerifier: Sendable {
    /// Name of the HTTP header. The proto comments of Zitadel say `X-ZITADEL-Signature`; the code sends this one.
    package static let headerName = "ZITADEL-Signature"
    /// Longest accepted header, in bytes: room for over 200 digests, where Zitadel sends one.
    package static let headerSizeMax = 16_384

    private let keys: [SigningKey]
    private let tolerance: Int64

    /// - Parameters:
    ///   - keys: texts of the accepted signing keys; empty ones are dropped. Without a key nothing is accepted.
    ///   - tolerance: seconds that the stamp may differ from `now`, in both directions.
    package init(keys: [String], tolerance: Int64) {
        self.keys = keys.compactMap { SigningKey($0) }
        self.tolerance = tolerance
    }

    /// Whether anything can be accepted.
    package var hasKeys: Bool { !keys.isEmpty }

    /// - Parameters:
    ///   - body: the request body exactly as received.
    ///   - header: the header's bytes; nil when the request has none.
    ///   - now: the receiver's clock, unix seconds.
    package func verify(
        body: UnsafeRawBufferPointer, header: UnsafeRawBufferPointer?, now: Int64
    ) throws(SignatureRejection) {
        guard let header else { throw .notSigned }
        let parsed = try SignatureHeader(header)
        let (age, overflow) = now.subtractingReportingOverflow(parsed.timestamp)
        guard !overflow, age <= tolerance else { throw parsed.timestamp > now ? .future : .stale }
        guard age >= -tolerance else { throw .future }
        guard keys.contains(where: { matches($0, parsed, body) }) else { throw .noValidSignature }
    }

    private func matches(_ key: SigningKey, _ header: SignatureHeader, _ body: UnsafeRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: SigningKey.digestSize) { expected in
            guard let address = expected.baseAddress,
                key.sign(timestamp: header.timestamp, body: body, into: address)
            else { return false }
            return header.anyDigest { CRYPTO_memcmp($0, address, SigningKey.digestSize) == 0 }
        }
    }
}
