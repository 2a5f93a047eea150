/// Signs as Zitadel does. For whoever plays Zitadel: the simulator, probes and tests.
package enum WebhookSigner {
    /// - Parameters:
    ///   - key: text of the signing key; must not be empty.
    ///   - timestamp: unix seconds of the call.
    /// - Returns: the value of `ZITADEL-Signature`, with one `v1`.
    package static func signatureHeader(key: String, timestamp: Int64, body: [UInt8]) -> String {
        guard let key = SigningKey(key) else { preconditionFailure("A signing key must not be empty.") }
        var digest = [UInt8](repeating: 0, count: SigningKey.digestSize)
        let signed = body.withUnsafeBytes { key.sign(timestamp: timestamp, body: $0, into: &digest) }
        precondition(signed, "libcrypto could not compute an HMAC.")
        let digits = Array("0123456789abcdef".utf8)
        let hexadecimal = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "t=\(timestamp),v1=\(String(decoding: hexadecimal, as: UTF8.self))"
    }
}
