package import Foundation

/// Certificates for tests, made by `openssl` in a folder that goes with this object.
package final class TestCertificates: Sendable {
    package let folder: URL

    /// A certificate that vouches for itself, for `localhost` and 127.0.0.1, with its key.
    package struct Pair: Sendable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("zkb-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    package func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// - Parameter days: until it ends; negative for one that has ended.
    package func make(_ name: String, days: Int = 2) async throws -> Pair {
        let pair = Pair(certificate: path("\(name).pem"), key: path("\(name).key"))
        let result = try await Tool.run(
            ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                + ["-days", "\(days)", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
                + ["-keyout", pair.key, "-out", pair.certificate], in: folder)
        guard result.status == 0 else { throw CertificateError(reason: result.errors) }
        return pair
    }

    /// Puts a pair in the place of another, each file at once, as tools that renew certificates do.
    package func replace(_ pair: Pair, with other: Pair) throws {
        for (old, new) in [(pair.certificate, other.certificate), (pair.key, other.key)] {
            let copy = path(UUID().uuidString)
            try FileManager.default.copyItem(atPath: new, toPath: copy)
            guard rename(copy, old) == 0 else { throw CertificateError(reason: "rename") }
        }
    }

    /// Asks by `curl`, which trusts nobody but `certificate`.
    package func ask(_ url: String, trusting certificate: String, _ options: [String] = []) async throws -> Tool.Result {
        try await Tool.run(
            ["/usr/bin/curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]
                + ["--cacert", certificate] + options + [url],
            in: folder)
    }
}

package struct CertificateError: Error {
    let reason: String
}
