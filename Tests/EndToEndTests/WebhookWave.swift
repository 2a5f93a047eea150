import Dispatch
import Foundation
import Glibc
import TestSupport
import ZitadelClient

/// Webhooks that are all under way at once, as of many processes of Zitadel's.
enum WebhookWave {
    /// Seconds that an answer may take.
    private static let timeout = 30

    /// Posts the bodies, each on a connection of its own.
    ///
    /// - Returns: the status of each; 0 without an answer.
    static func post(_ bodies: [[UInt8]], key: String, to port: Int) async -> [Int] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let sockets = bodies.map { connected(to: port, sending: request($0, key)) }
                continuation.resume(returning: sockets.map { answer($0) })
            }
        }
    }

    private static func request(_ body: [UInt8], _ key: String) -> [UInt8] {
        let signature = WebhookSigner.signatureHeader(
            key: key, timestamp: Int64(Date().timeIntervalSince1970), body: body)
        let head =
            "POST /webhook/zitadel-events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
            + "content-length: \(body.count)\r\n\(SignatureVerifier.headerName): \(signature)\r\n\r\n"
        return Array(head.utf8) + body
    }

    private static func connected(to port: Int, sending bytes: [UInt8]) -> Int32 {
        let descriptor = Loopback.socket()
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let code = Loopback.call(descriptor, port: port) { connect($0, $1, $2) }
        if code == 0 { _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } }
        return descriptor
    }

    private static func answer(_ descriptor: Int32) -> Int {
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 12 else { return 0 }
        return Int(String(decoding: buffer[9..<12], as: UTF8.self)) ?? 0
    }
}
