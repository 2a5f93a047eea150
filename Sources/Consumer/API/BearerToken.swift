import CCrypto

/// The secret that callers of the query API present. Only its digest is kept.
struct BearerToken: Sendable {
    private let digest: [UInt8]

    init(_ token: String) { digest = Self.digest(Array(token.utf8)[...]) }

    /// Compares in a time that says nothing about the token: digests have one length and no order that helps.
    ///
    /// - Parameter authorization: the header's value; the scheme is read in any case of letters (RFC 9110, 11.1).
    func admits(authorization: String?) -> Bool {
        guard let authorization else { return false }
        let bytes = Array(authorization.utf8)
        guard bytes.count > Self.scheme.count, zip(bytes, Self.scheme).allSatisfy({ $0 | 0x20 == $1 })
        else { return false }
        return CRYPTO_memcmp(digest, Self.digest(bytes[Self.scheme.count...]), digest.count) == 0
    }

    /// In lower case; a blank with its bit for lower case is a blank.
    private static let scheme = Array("bearer ".utf8)

    private static func digest(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { digest, count in
            let isMade = bytes.withUnsafeBytes { bytes in
                EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, sha256, nil)
            }
            precondition(isMade == 1, "libcrypto has SHA-256")
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }

    /// Fetched once: `EVP_sha256` makes libcrypto look for its implementation each time (openssl-fetch, crypto(7)).
    private nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
}
