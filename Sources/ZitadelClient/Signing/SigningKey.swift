internal import CCrypto

/// One HMAC-SHA256 key of a Zitadel target, ready to sign.
///
/// The key is the UTF-8 bytes of the signing-key text, not decoded (Zitadel, `pkg/actions/signing.go`).
/// The keyed context is prepared once and duplicated per call, which costs two thirds of a one-shot HMAC.
/// Safe to use from any thread: the keyed context is only read after `init`.
package final class SigningKey: @unchecked Sendable {
    /// Length of an HMAC-SHA256 digest, in bytes.
    package static let digestSize = 32

    private let algorithm: OpaquePointer
    private let keyed: OpaquePointer

    /// - Returns: nil for an empty key: anybody could sign with it.
    package init?(_ text: String) {
        guard !text.isEmpty, let algorithm = EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
        guard let keyed = EVP_MAC_CTX_new(algorithm) else {
            EVP_MAC_free(algorithm)
            return nil
        }
        self.algorithm = algorithm
        self.keyed = keyed
        guard Self.setKey(Array(text.utf8), of: keyed) else { return nil }
    }

    deinit {
        EVP_MAC_CTX_free(keyed)
        EVP_MAC_free(algorithm)
    }

    /// Writes the digest of `timestamp`, one `.` and `body`.
    ///
    /// - Parameter digest: at least `digestSize` bytes.
    /// - Returns: false when libcrypto could not compute it (out of memory); the digest is then not to be used.
    package func sign(timestamp: Int64, body: UnsafeRawBufferPointer, into digest: UnsafeMutablePointer<UInt8>) -> Bool
    {
        guard let context = EVP_MAC_CTX_dup(keyed) else { return false }
        defer { EVP_MAC_CTX_free(context) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 21) { prefix in
            let size = Self.writePrefix(timestamp, into: prefix)
            var digestSize = 0
            return EVP_MAC_update(context, prefix.baseAddress, size) == 1
                && EVP_MAC_update(context, body.bindMemory(to: UInt8.self).baseAddress, body.count) == 1
                && EVP_MAC_final(context, digest, &digestSize, Self.digestSize) == 1 && digestSize == Self.digestSize
        }
    }

    /// OSSL_PARAM keeps the addresses of name and value, so both outlive `EVP_MAC_init`.
    private static func setKey(_ key: [UInt8], of context: OpaquePointer) -> Bool {
        "digest".withCString { name in
            "SHA256".withCString { digest in
                var parameters = [
                    OSSL_PARAM_construct_utf8_string(name, UnsafeMutablePointer(mutating: digest), 0),
                    OSSL_PARAM_construct_end(),
                ]
                return EVP_MAC_init(context, key, key.count, &parameters) == 1
            }
        }
    }

    /// Writes the decimal timestamp and the dot. The longest, `-9223372036854775808.`, has 21 bytes.
    private static func writePrefix(_ timestamp: Int64, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var end = buffer.count
        end -= 1
        buffer[end] = UInt8(ascii: ".")
        var magnitude = timestamp.magnitude
        repeat {
            end -= 1
            buffer[end] = UInt8(ascii: "0") + UInt8(magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
        if timestamp < 0 {
            end -= 1
            buffer[end] = UInt8(ascii: "-")
        }
        for index in end..<buffer.count { buffer[index - end] = buffer[index] }
        return buffer.count - end
    }
}
