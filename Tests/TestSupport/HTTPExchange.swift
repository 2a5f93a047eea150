import Foundation
import Glibc

/// One HTTP/1.1 request over a plain socket, written byte by byte as the test says: what a library would refuse to send
/// can be sent.
package struct HTTPAnswer: Sendable {
    package let status: Int
    /// Names in lower case.
    package let headers: [String: String]
    package let body: String
}

package enum HTTPExchange {
    /// Longest wait for an answer, in seconds.
    private static let timeout = 90

    /// Sends a well-formed request on a connection of its own.
    package static func send(
        _ method: String, port: Int, path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> HTTPAnswer {
        var head = "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if !body.isEmpty || method == "POST" { head += "content-length: \(body.count)\r\n" }
        return try await raw(port: port, Array((head + "\r\n").utf8) + body)
    }

    /// Sends the bytes and reads until the peer closes the connection.
    package static func raw(port: Int, _ bytes: [UInt8]) async throws -> HTTPAnswer {
        // On a thread of its own: on Linux the global dispatch queues share their threads with Swift's cooperative
        // pool, which the servers under test need.
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try parse(exchange(port: port, bytes)) })
            }
        }
    }

    private static func exchange(port: Int, _ bytes: [UInt8]) throws -> [UInt8] {
        let descriptor = Loopback.socket()
        defer { close(descriptor) }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let connected = Loopback.call(descriptor, port: port) { connect($0, $1, $2) }
        guard connected == 0 else { throw HTTPExchangeError.notConnected(errno) }
        var rest = bytes[...]
        while !rest.isEmpty {
            // The peer may answer and close before all is sent; that answer counts.
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return answer
    }

    private static func parse(_ bytes: [UInt8]) throws -> HTTPAnswer {
        var text = String(decoding: bytes, as: UTF8.self)
        // Skips an interim answer.
        if text.hasPrefix("HTTP/1.1 100"), let end = text.firstRange(of: "\r\n\r\n") {
            text.removeSubrange(..<end.upperBound)
        }
        guard let end = text.firstRange(of: "\r\n\r\n") else { throw HTTPExchangeError.noAnswer }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count >= 2, let status = Int(words[1]) else {
            throw HTTPExchangeError.noAnswer
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
        }
        return HTTPAnswer(status: status, headers: headers, body: String(text[end.upperBound...]))
    }
}

package enum HTTPExchangeError: Error {
    case notConnected(Int32)
    /// The peer closed or was silent too long.
    case noAnswer
}
