/// Single requests to addresses that are not Zitadel's API, such as our own listeners. No token, no repetition.
package struct HTTPProbe: Sendable {
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]
    }

    /// No answer. Its text is libcurl's.
    package struct Unanswered: Error, CustomStringConvertible {
        package let description: String
    }

    /// Bytes.
    private static let answerSizeMax = 1 << 20
    private static let timeoutMilliseconds = 10_000

    private let transport: HTTPTransport

    package init(transport: HTTPTransport = HTTPTransport()) {
        self.transport = transport
    }

    /// - Parameter url: `http` or `https`.
    package func get(_ url: String) async throws(Unanswered) -> Answer {
        try await send(.get, url, headers: [], body: [])
    }

    /// - Parameter headers: complete lines.
    package func post(_ url: String, headers: [String], body: [UInt8]) async throws(Unanswered) -> Answer {
        try await send(.post, url, headers: headers, body: body)
    }

    package func close() {
        transport.close()
    }

    private func send(
        _ method: HTTPRequest.Method, _ url: String, headers: [String], body: [UInt8]
    ) async throws(Unanswered) -> Answer {
        let request = HTTPRequest(
            method: method, url: url, headers: headers, body: body, timeoutMilliseconds: Self.timeoutMilliseconds,
            answerSizeMax: Self.answerSizeMax)
        do throws(HTTPFailure) {
            let response = try await transport.send(request)
            return Answer(status: response.status, body: response.body)
        } catch {
            throw Unanswered(description: error.reason)
        }
    }
}
