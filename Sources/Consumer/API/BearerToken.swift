import CCrypto

/// The secret that callers of the query API present. Only its digest is kept.
struct BearerToken: Sendable {
    private let digest: [UInt8]

    init(_ token: String) { digest = Self.digest(Array(token.utf8)) }

    /// Compares in a time that says nothing about the token: digests have one length and no order that helps.
    ///
    /// - Parameter authorization: the header's value; the scheme is read in any case of letters (RFC 9110, 11.1).
    func admits(authorization: String?) -> Bool {
        guard let authorization else { return false }
        let bytes = Array(authorization.utf8)
        guard bytes.count > Self.scheme.count, bytes.prefix(Self.scheme.count).map({ $0 | 0x20 }) == Self.scheme
        else { return false }
        return CRYPTO_memcmp(digest, Self.digest(Array(bytes[Self.scheme.count...])), digest.count) == 0
    }

    /// In lower case; a blank with its bit for lower case is a blank.
    private static let scheme = Array("bearer ".utf8)

    private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        precondition(EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1, "libcrypto has SHA-256")
        return digest
    }
}
