import CCrypto
import EventContract
import NIOHTTP1
import ServiceRuntime

/// Turns a request into a question and its answer into a response. Confined to one loop of the listener.
final class QueryResponder {
    /// What becomes of a request.
    enum Start {
        case answered(QueryResponse)
        /// Its answer may take a while, and is made elsewhere.
        case asked(Query, QueryReaders, asOf: Int64?)
    }

    private let token: BearerToken?
    private let freshness: Freshness
    /// Answers quick questions at once; nil where each may have to wait for a server.
    private var here: QueryAnswering?
    private let quick: QueryReaders
    private let lists: QueryReaders

    /// - Parameters:
    ///   - quick: asked while there is no `here`.
    ///   - lists: asked for what may take long.
    init(
        token: BearerToken?, freshness: Freshness, here: QueryAnswering?, quick: QueryReaders, lists: QueryReaders
    ) {
        self.token = token
        self.freshness = freshness
        self.here = here
        self.quick = quick
        self.lists = lists
    }

    func respond(to head: HTTPRequestHead) -> Start {
        do throws(QueryProblem) {
            if let token, !token.admits(authorization: head.headers.first(name: "authorization")) {
                throw .unauthorized
            }
            guard head.method == .GET else { throw .methodNotAllowed }
            let query = try Query(QueryTarget(head.uri))
            if freshness.isStale() { throw .stale }
            // Before the state is read: the answer is at least as new as this.
            let asOf = freshness.newestEventTime
            if query.isList { return .asked(query, lists, asOf: asOf) }
            guard let answer = here?.answer(query, asOf: asOf) else { return .asked(query, quick, asOf: asOf) }
            return .answered(QueryResponse(answer, to: head))
        } catch {
            return .answered(QueryResponse(error))
        }
    }
}

/// The answer to a request, as HTTP tells it.
struct QueryResponse: Sendable {
    let status: Int
    let phrase: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    /// How new the state is at least, in microseconds since 1970.
    let asOf: Int64?
    let outcome: QueryOutcome

    init(_ answer: Result<QueryAnswer, QueryProblem>, to head: HTTPRequestHead) {
        switch answer {
        case .success(let answer): self.init(answer, ifNoneMatch: head.headers["if-none-match"])
        case .failure(let problem): self.init(problem)
        }
    }

    /// - Parameter ifNoneMatch: tags of the answers that the caller has.
    private init(_ answer: QueryAnswer, ifNoneMatch: [String]) {
        let tag = Self.entityTag(answer.json)
        // The tag is told of this answer alone: an old answer is never taken for a new one by a cache on the way.
        var headers = [(name: "ETag", value: tag), (name: "Cache-Control", value: "private, no-cache")]
        asOf = answer.asOf
        outcome = .answered
        if ifNoneMatch.contains(where: { $0 == "*" || $0.contains(tag) }) {
            (status, phrase, body) = (304, "Not Modified", [])
        } else {
            (status, phrase, body) = (200, "OK", answer.json)
            headers.append(("Content-Type", "application/json"))
        }
        self.headers = headers
    }

    init(_ problem: QueryProblem) {
        var headers = [(name: "Cache-Control", value: "no-store"), ("Content-Type", "application/problem+json")]
        if let seconds = problem.retryAfter { headers.append(("Retry-After", "\(seconds)")) }
        if problem == .unauthorized { headers.append(("WWW-Authenticate", "Bearer")) }
        if problem == .methodNotAllowed { headers.append(("Allow", "GET")) }
        self.headers = headers
        status = problem.status
        phrase = problem.title
        body = problem.json
        asOf = nil
        outcome = QueryOutcome(problem)
    }

    /// The first half of the SHA-256 of the answer: it changes exactly when the answer does, on every consumer alike.
    private static func entityTag(_ bytes: [UInt8]) -> String {
        if bytes == QueryAnswers.allowed { return allowedTag }
        if bytes == QueryAnswers.notAllowed { return notAllowedTag }
        return computedTag(bytes)
    }

    private static let allowedTag = computedTag(QueryAnswers.allowed)
    private static let notAllowedTag = computedTag(QueryAnswers.notAllowed)

    private static func computedTag(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        precondition(EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1, "libcrypto has SHA-256")
        return String(unsafeUninitializedCapacity: 34) { buffer in
            buffer[0] = UInt8(ascii: "\"")
            for (index, byte) in digest.prefix(16).enumerated() {
                buffer[1 + 2 * index] = hexadecimal(byte >> 4)
                buffer[2 + 2 * index] = hexadecimal(byte & 15)
            }
            buffer[33] = UInt8(ascii: "\"")
            return 34
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
