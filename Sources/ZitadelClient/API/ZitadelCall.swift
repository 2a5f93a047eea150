import FoundationEssentials

/// One call of the API, before it becomes a request.
struct ZitadelCall {
    let operation: ZitadelOperation
    let method: HTTPRequest.Method
    /// Begins with a slash; segments are encoded.
    let path: String
    var body: [UInt8] = []
    var timeout = Duration.seconds(30)
    /// Bytes.
    var answerSizeMax = 1 << 20
    /// Doing it twice is the same as doing it once.
    var isRepeatable = true
    var needsToken = true

    /// - Parameter timeLeft: of the whole call.
    func request(_ configuration: ZitadelAPIConfiguration, timeLeft: Duration) -> HTTPRequest {
        var headers = configuration.headers(withToken: needsToken)
        if !body.isEmpty { headers.append("content-type: application/json") }
        let limit = min(timeout, timeLeft)
        return HTTPRequest(
            method: method, url: configuration.baseURL.text + path, headers: headers, body: body,
            // libcurl takes 0 for "no limit".
            timeoutMilliseconds: max(1, Int(limit / .milliseconds(1))), answerSizeMax: answerSizeMax,
            isRepeatable: isRepeatable)
    }

    /// A path segment in which nothing can leave it.
    static func segment(_ text: String) -> String {
        text.utf8.reduce(into: "") { path, byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                path.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                path += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}

/// JSON of calls that are rare; the events of a search are read by `EventSearchPage`.
enum ZitadelJSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        do {
            return Array(try encoder.encode(value))
        } catch {
            preconditionFailure("A body of texts, numbers and lists is always JSON.")
        }
    }

    /// - Throws: without a word of the answer, which may hold secrets.
    static func decode<Value: Decodable>(
        _ type: Value.Type, _ response: HTTPResponse
    ) throws(ZitadelAPIError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw ZitadelAPIError(
                .malformedAnswer, status: response.status, message: "the answer is not what Zitadel's API promises")
        }
    }
}
