import Glibc

/// A GET at the ops listener of a program of ours, for its commands. Blocks its thread.
package struct OpsQuestion {
    package struct Answer: Equatable {
        package let status: Int
        package let body: String
    }

    /// Nobody answers, or somebody who speaks no HTTP.
    package struct Unanswered: Error, CustomStringConvertible {
        package let description: String
    }

    /// Longest wait for each step, in seconds.
    private static let timeout = 5
    private static let sizeMax = 1 << 20

    private let address: SocketAddress

    package init(_ address: SocketAddress) { self.address = address }

    package func get(_ path: String) throws(Unanswered) -> Answer {
        let descriptor = try connect()
        defer { close(descriptor) }
        let request = "GET \(path) HTTP/1.1\r\nhost: \(address)\r\nconnection: close\r\n\r\n"
        guard request.utf8.count == send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) else {
            throw Unanswered(description: Self.errorText(errno))
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while answer.count < Self.sizeMax {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Unanswered(description: Self.errorText(errno)) }
            if count == 0 { break }
            answer += buffer[..<count]
        }
        return try Self.parse(String(decoding: answer, as: UTF8.self))
    }

    private func connect() throws(Unanswered) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, "\(address.port)", &hints, &list)
        guard code == 0 else { throw Unanswered(description: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        var candidate = list
        while let found = candidate?.pointee {
            let descriptor = socket(found.ai_family, found.ai_socktype, found.ai_protocol)
            var limit = timeval(tv_sec: Self.timeout, tv_usec: 0)
            for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
                setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
            if Glibc.connect(descriptor, found.ai_addr, found.ai_addrlen) == 0 { return descriptor }
            reason = Self.errorText(errno)
            close(descriptor)
            candidate = found.ai_next
        }
        throw Unanswered(description: reason)
    }

    private static func parse(_ text: String) throws(Unanswered) -> Answer {
        let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
        guard text.hasPrefix("HTTP/1."), words.count >= 2, let status = Int(words[1]),
            let end = text.firstRange(of: "\r\n\r\n")
        else { throw Unanswered(description: "what answers there is no program of ours") }
        return Answer(status: status, body: String(text[end.upperBound...]))
    }

    private static func errorText(_ code: Int32) -> String {
        code == EAGAIN || code == EINPROGRESS ? "no answer within \(timeout) s" : String(cString: strerror(code))
    }
}
