import CCurl

/// One blocking HTTP connection at a time over libcurl, kept open between calls. For one thread.
final class HTTPClient {
    struct Call {
        var method = "POST"
        var url: String
        /// Complete header lines, such as `Content-Type: application/json`.
        var headers: [String] = []
        var body: [UInt8] = []
        /// For the whole call, redirects included.
        var timeoutMilliseconds: Int
    }

    struct Answer {
        var status: Int
        var body: [UInt8]
    }

    /// No answer came, or one that is too large; the text is libcurl's.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static let answerSizeMax = 1 << 20
    private static let redirectsMax = 5

    private let handle: UnsafeMutableRawPointer
    private var answer: [UInt8] = []

    init() {
        guard let raw = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle.") }
        handle = raw
    }

    deinit {
        curl_easy_cleanup(handle)
    }

    func send(_ call: Call) throws(Failure) -> Answer {
        curl_easy_reset(handle)
        answer.removeAll(keepingCapacity: true)
        var headers: UnsafeMutablePointer<curl_slist>?
        // Without this curl asks before it sends a large body, and waits.
        for line in call.headers + ["Expect:"] { headers = curl_slist_append(headers, line) }
        defer { curl_slist_free_all(headers) }
        setOptions(call, headers)
        let result = call.body.withUnsafeBytes { body in
            if call.method != "GET" {
                zkb_setopt_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
                // An empty buffer has no address, and without one curl would read the body from standard input.
                zkb_setopt_pointer(
                    handle, CURLOPT_POSTFIELDS, body.baseAddress ?? UnsafeRawPointer(Self.noBody.utf8Start))
            }
            return curl_easy_perform(handle)
        }
        guard result == CURLE_OK else { throw Failure(description: String(cString: curl_easy_strerror(result))) }
        var status = 0
        zkb_getinfo_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Answer(status: status, body: answer)
    }

    private func setOptions(_ call: Call, _ headers: UnsafeMutablePointer<curl_slist>?) {
        let raw = handle
        zkb_setopt_string(raw, CURLOPT_URL, call.url)
        zkb_setopt_string(raw, CURLOPT_PROTOCOLS_STR, "http,https")
        zkb_setopt_string(raw, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        zkb_setopt_string(raw, CURLOPT_USERAGENT, "Go-http-client/1.1")
        zkb_setopt_list(raw, CURLOPT_HTTPHEADER, headers)
        zkb_setopt_long(raw, CURLOPT_TIMEOUT_MS, call.timeoutMilliseconds)
        zkb_setopt_long(raw, CURLOPT_NOSIGNAL, 1)
        // As Go's client: a 301, 302 or 303 turns a POST into a GET.
        zkb_setopt_long(raw, CURLOPT_FOLLOWLOCATION, 1)
        zkb_setopt_long(raw, CURLOPT_MAXREDIRS, Self.redirectsMax)
        switch call.method {
        case "GET": zkb_setopt_long(raw, CURLOPT_HTTPGET, 1)
        case "POST": zkb_setopt_long(raw, CURLOPT_POST, 1)
        default: zkb_setopt_string(raw, CURLOPT_CUSTOMREQUEST, call.method)
        }
        zkb_setopt_pointer(raw, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        zkb_setopt_write(raw) { bytes, size, count, client in
            guard let bytes, let client else { return 0 }
            return Unmanaged<HTTPClient>.fromOpaque(client).takeUnretainedValue().received(bytes, size * count)
        }
    }

    /// Taking less than was offered makes libcurl end the call with an error.
    private func received(_ bytes: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard answer.count + count <= Self.answerSizeMax else { return 0 }
        answer += UnsafeRawBufferPointer(start: bytes, count: count)
        return count
    }

    private static let noBody: StaticString = ""
}
