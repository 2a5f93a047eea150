import CCrypto
import EventContract
import Hummingbird
import ServiceRuntime

/// Turns a request into a question and its answer into a response.
struct QueryResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let token: BearerToken?
    let freshness: Freshness
    let quick: QueryReaders
    let lists: QueryReaders
    let metrics: QueryMetrics

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let start = ContinuousClock.now
        let response: Response
        do throws(QueryProblem) {
            response = try await answer(request)
            metrics.requests[.answered].increment()
        } catch {
            response = Response(error)
            metrics.requests[QueryOutcome(error)].increment()
        }
        metrics.duration.observe((ContinuousClock.now - start).wholeMicroseconds)
        return response
    }

    private func answer(_ request: Request) async throws(QueryProblem) -> Response {
        if let token, !token.admits(authorization: request.headers[.authorization]) { throw .unauthorized }
        guard request.method == .get else { throw .methodNotAllowed }
        let query = try Query(QueryTarget(request.head.path ?? "/"))
        if freshness.isStale { throw .stale }
        // Before the state is read: the answer is at least as new as this.
        let newestEventTime = freshness.newestEventTime
        let answer = try await (query.isList ? lists : quick).answer(query, asOf: newestEventTime).get()
        var response = Response(answer.json, ifNoneMatch: request.headers[.ifNoneMatch])
        if let asOf = answer.asOf { response.headers[.stateAsOf] = WallClock.rfc3339(asOf) }
        return response
    }
}

extension HTTPFields.Element.Name {
    fileprivate static let stateAsOf = Self("X-State-As-Of")!
}

extension Response {
    /// - Parameter ifNoneMatch: tags of the answers that the caller has.
    fileprivate init(_ json: [UInt8], ifNoneMatch: String?) {
        let tag = Self.entityTag(json)
        // The tag is told of this answer alone: an old answer is never taken for a new one by a cache on the way.
        let headers: HTTPFields = [.eTag: tag, .cacheControl: "private, no-cache"]
        if let ifNoneMatch, ifNoneMatch == "*" || ifNoneMatch.contains(tag) {
            self.init(status: .notModified, headers: headers)
            return
        }
        self.init(.ok, bytes: json, contentType: "application/json", headers: headers)
    }

    fileprivate init(_ problem: QueryProblem) {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        if let seconds = problem.retryAfter { headers[.retryAfter] = "\(seconds)" }
        if problem == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        if problem == .methodNotAllowed { headers[.allow] = "GET" }
        self.init(
            HTTPResponse.Status(code: problem.status), bytes: problem.json, contentType: "application/problem+json",
            headers: headers)
    }

    private init(_ status: HTTPResponse.Status, bytes: [UInt8], contentType: String, headers: HTTPFields) {
        var headers = headers
        headers[.contentType] = contentType
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// The first half of the SHA-256 of the answer: it changes exactly when the answer does, on every consumer alike.
    private static func entityTag(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        precondition(EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1, "libcrypto has SHA-256")
        let digits = Array("0123456789abcdef".utf8)
        let quote = [UInt8(ascii: "\"")]
        let hexadecimal = digest.prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: quote + hexadecimal + quote, as: UTF8.self)
    }
}

extension Duration {
    fileprivate var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
