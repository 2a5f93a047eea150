import Glibc
import TestSupport
import Testing

@testable import ZitadelClient

@Suite("HTTP transport")
struct TransportTests {
    @Test("Requests one after the other use one connection")
    func reuse() async throws {
        let server = ScriptedServer(.answer(200))
        let transport = HTTPTransport(certificates: nil)
        for _ in 0..<5 { #expect(try await transport.send(.get(server.url)).status == 200) }
        #expect(server.accepted == 1)
    }

    @Test("A request that must not be sent twice uses a connection of its own")
    func freshConnection() async throws {
        let server = ScriptedServer(.answer(200))
        let transport = HTTPTransport(certificates: nil)
        _ = try await transport.send(.get(server.url))
        var request = HTTPRequest.get(server.url)
        request.isRepeatable = false
        _ = try await transport.send(request)
        #expect(server.accepted == 2)
    }

    @Test("At most four connections are open, the rest wait their turn")
    func connectionLimit() async throws {
        let server = ScriptedServer(.answer(200))
        let transport = HTTPTransport(certificates: nil)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 { group.addTask { try await transport.send(.get(server.url)).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 40))
        #expect(server.accepted <= 4)
    }

    @Test("The queue is bounded")
    func busy() async throws {
        let server = ScriptedServer(.silence)
        let transport = HTTPTransport(certificates: nil)
        let kinds = await withTaskGroup(of: HTTPFailure.Kind?.self) { group in
            for _ in 0..<65 { group.addTask { await httpFailure { try await transport.send(.get(server.url)) }?.kind } }
            let first = await group.next()
            transport.close()
            return await group.reduce(into: [first ?? nil]) { $0.append($1) }
        }
        #expect(kinds.first == .busy)
        #expect(kinds.dropFirst().allSatisfy { $0 == .cancelled })
    }

    @Test("Cancelling the task ends the transfer at once")
    func cancellation() async throws {
        let server = ScriptedServer(.silence)
        let transport = HTTPTransport(certificates: nil)
        let clock = ContinuousClock()
        let (kind, duration) = try await withThrowingTaskGroup(of: HTTPFailure.Kind?.self) { group in
            group.addTask { await httpFailure { try await transport.send(.get(server.url)) }?.kind }
            try await eventually("the request arrives") { server.requests.count == 1 }
            let start = clock.now
            group.cancelAll()
            return (try await group.next() ?? nil, start.duration(to: clock.now))
        }
        #expect(kind == .cancelled)
        #expect(duration < .seconds(20), "and not after the request's 60 s")
        try await eventually("the server sees it go") { server.hungUp == 1 }
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let server = ScriptedServer(.answer(200))
        let transport = HTTPTransport(certificates: nil)
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                let failure = await httpFailure { try await transport.send(.get(server.url)) }
                #expect(failure?.kind == .cancelled)
            }
        }
        #expect(try await transport.send(.get(server.url)).status == 200)
        #expect(server.requests.count == 1)
    }

    @Test("Closing cancels what waits and all that comes")
    func closing() async throws {
        let server = ScriptedServer(.silence)
        let transport = HTTPTransport(certificates: nil)
        async let waiting = httpFailure { try await transport.send(.get(server.url)) }?.kind
        try await eventually("the request arrives") { server.requests.count == 1 }
        transport.close()
        #expect(await waiting == .cancelled)
        #expect(await httpFailure { try await transport.send(.get(server.url)) }?.kind == .cancelled)
        try await eventually("the server sees it go") { server.hungUp == 1 }
    }

    @Test("The thread ends with the last reference")
    func threadEnds() async throws {
        let server = ScriptedServer(.answer(200))
        var transport: HTTPTransport? = HTTPTransport(certificates: nil)
        _ = try await transport?.send(.get(server.url))
        weak let leftover = transport?.queue.multi
        #expect(leftover != nil)
        transport = nil
        try await eventually("libcurl's handle goes with the thread") { leftover == nil }
    }

    @Test("An answer above the limit is not read, announced or not")
    func tooLarge() async throws {
        let big = String(repeating: "x", count: 5000)
        let server = ScriptedServer(.answer(200, big), .bytes("HTTP/1.1 200 OK\r\n\r\n" + big))
        let transport = HTTPTransport(certificates: nil)
        var request = HTTPRequest.get(server.url)
        request.answerSizeMax = 4999
        for _ in 0..<2 {
            let failure = await httpFailure { try await transport.send(request) }
            #expect(failure?.kind == .tooLarge)
            #expect(failure?.status == 200)
        }
        request.answerSizeMax = 5000
        #expect(try await transport.send(request).body.count == 5000)
    }

    @Test("Headers without end are not read")
    func tooManyHeaders() async throws {
        let lines = (0..<2000).map { "x-\($0): \(String(repeating: "y", count: 50))\r\n" }.joined()
        let server = ScriptedServer(.bytes("HTTP/1.1 200 OK\r\n\(lines)content-length: 0\r\n\r\n"))
        let transport = HTTPTransport(certificates: nil)
        #expect(await httpFailure { try await transport.send(.get(server.url)) }?.kind == .transport)
    }

    @Test(
        "An answer that ends early is a failure",
        arguments: [
            "", "HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", "garbage\r\n\r\n",
        ])
    func truncated(_ bytes: String) async throws {
        let server = ScriptedServer(.bytes(bytes))
        let transport = HTTPTransport(certificates: nil)
        let failure = await httpFailure { try await transport.send(.get(server.url)) }
        #expect(failure?.kind == .transport)
        #expect(failure?.wasSent == true)
    }

    @Test("A silent server runs into the time-out")
    func timeout() async throws {
        let server = ScriptedServer(.silence)
        let transport = HTTPTransport(certificates: nil)
        var request = HTTPRequest.get(server.url)
        request.timeoutMilliseconds = 50
        let failure = await httpFailure { try await transport.send(request) }
        #expect(failure?.kind == .transport)
        #expect(failure?.reason.contains("timed out") == true)
    }

    @Test("Nothing was sent when nobody listens, or no such host or scheme is known")
    func notSent() async throws {
        let port = FreePort.next()
        let transport = HTTPTransport(certificates: nil)
        for url in ["http://127.0.0.1:\(port)", "http://no.such.host.invalid", "ftp://127.0.0.1", "file:///etc/hosts"] {
            let failure = await httpFailure { try await transport.send(.get(url)) }
            #expect(failure?.kind == .transport)
            #expect(failure?.wasSent == false)
        }
    }

    @Test("Date and Retry-After are read from the answer")
    func headers() async throws {
        let server = ScriptedServer(
            .answer(503, headers: ["Date: Fri, 02 Jan 2026 03:04:05 GMT", "Retry-After: 7"]),
            .answer(200, headers: ["date: nonsense"]))
        let transport = HTTPTransport(certificates: nil)
        let first = try await transport.send(.get(server.url))
        #expect(first.date == 1_767_323_045)
        #expect(first.retryAfter == 7)
        #expect(first.clockOffset == 1_767_323_045_000_000 - first.firstByteAt)
        let second = try await transport.send(.get(server.url))
        #expect(second.date == nil && second.retryAfter == nil && second.clockOffset == nil)
        #expect(abs(second.firstByteAt - Int64(time(nil)) * 1_000_000) < 60_000_000)
    }
}

extension HTTPRequest {
    static func get(_ url: String) -> HTTPRequest {
        HTTPRequest(method: .get, url: url, timeoutMilliseconds: 60_000, answerSizeMax: 1 << 20)
    }
}

func httpFailure(_ body: () async throws -> HTTPResponse) async -> HTTPFailure? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? HTTPFailure
    }
}
