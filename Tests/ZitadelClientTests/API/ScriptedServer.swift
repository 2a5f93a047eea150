import Foundation
import Glibc
import Synchronization

/// An HTTP/1.1 server on a loopback port that answers as the test says, byte by byte if need be. It lives as long as
/// the process: a test's last use of it comes before the client's.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let method: String
        /// With the query; a whole URL when we are a proxy.
        let path: String
        /// Names in lower case.
        let headers: [String: String]
        let body: String
    }

    enum Reply: Sendable {
        case answer(_ status: Int, _ body: String = "{}", headers: [String] = [])
        /// These bytes, then the connection is closed.
        case bytes(String)
        /// Silence until the peer goes.
        case silence
    }

    private struct State {
        var accepted = 0
        var hungUp = 0
        var requests: [Request] = []
    }

    let port: Int
    private let state = SharedState()

    private final class SharedState: Sendable {
        let mutex = Mutex(State())
    }

    var url: String { "http://127.0.0.1:\(port)" }
    /// Connections that were made.
    var accepted: Int { state.mutex.withLock { $0.accepted } }
    /// Peers that went during a silence.
    var hungUp: Int { state.mutex.withLock { $0.hungUp } }
    var requests: [Request] { state.mutex.withLock { $0.requests } }

    /// - Parameter script: the reply to a request, and how many came before it.
    init(_ script: @escaping @Sendable (Request, Int) -> Reply) {
        let (listener, port) = Self.bound()
        precondition(listen(listener, 64) == 0, "The system refuses a listener.")
        self.port = port
        Thread.detachNewThread { [state] in Self.accept(listener, state, script) }
    }

    /// Answers the requests in turn; the last answer repeats.
    convenience init(_ replies: Reply...) {
        self.init { _, index in replies[min(index, replies.count - 1)] }
    }

    private static func bound() -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(descriptor, $0, size) == 0, "No port is free.")
                getsockname(descriptor, $0, &size)
            }
            return Int(UInt16(bigEndian: $0.pointee.sin_port))
        }
        return (descriptor, port)
    }

    private static func accept(
        _ listener: Int32, _ state: SharedState, _ script: @escaping @Sendable (Request, Int) -> Reply
    ) {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            guard socket >= 0 else { return }
            state.mutex.withLock { $0.accepted += 1 }
            Thread.detachNewThread {
                serve(socket, state, script)
                close(socket)
            }
        }
    }

    private static func serve(_ socket: Int32, _ state: SharedState, _ script: (Request, Int) -> Reply) {
        var input = Input(socket: socket)
        while let request = input.request() {
            let index = state.mutex.withLock { state in
                state.requests.append(request)
                return state.requests.count - 1
            }
            switch script(request, index) {
            case .answer(let status, let body, let headers):
                let lines = headers.map { $0 + "\r\n" }.joined()
                send(socket, "HTTP/1.1 \(status) X\r\n\(lines)content-length: \(body.utf8.count)\r\n\r\n\(body)")
            case .bytes(let bytes):
                send(socket, bytes)
                return
            case .silence:
                while input.read() {}
                state.mutex.withLock { $0.hungUp += 1 }
                return
            }
        }
    }

    private static func send(_ socket: Int32, _ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private struct Input {
        let socket: Int32
        var bytes: [UInt8] = []

        mutating func read() -> Bool {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count > 0 { bytes += buffer[..<count] }
            return count > 0
        }

        mutating func request() -> Request? {
            while true {
                if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
                    let lines = head.split(separator: "\r\n")
                    let words = lines[0].split(separator: " ").map(String.init)
                    var headers: [String: String] = [:]
                    for line in lines.dropFirst() {
                        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                    }
                    let size = Int(headers["content-length"] ?? "0") ?? 0
                    while bytes.count < end.upperBound + size { guard read() else { return nil } }
                    let body = String(decoding: bytes[end.upperBound..<end.upperBound + size], as: UTF8.self)
                    bytes.removeFirst(end.upperBound + size)
                    return Request(method: words[0], path: words[1], headers: headers, body: body)
                }
                guard read() else { return nil }
            }
        }
    }
}
