import CCurl
import Glibc

/// One request on its way: libcurl's handle and all it keeps addresses of. For the transport's thread.
final class Transfer {
    private static let headerSizeMax = 64 * 1024
    private static let connectTimeoutMilliseconds = 5_000

    let id: UInt64
    let easy: UnsafeMutableRawPointer
    private let answerSizeMax: Int
    private let reason = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var headerSize = 0
    private var hasAllHeaders = false
    private var body: [UInt8] = []
    private var isTooLarge = false

    init(id: UInt64, _ request: HTTPRequest, certificates: String?) {
        guard let easy = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle.") }
        self.id = id
        self.easy = easy
        answerSizeMax = request.answerSizeMax
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        // Without an empty `Expect` curl asks before it sends a large body, and waits.
        for line in request.headers + ["Expect:"] { headers = curl_slist_append(headers, line) }
        setRequest(request)
        setLimits(request)
        setSecurity(certificates)
        setReceivers()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        reason.deallocate()
    }

    /// What came of it, once libcurl says it ended.
    func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPFailure> {
        guard code == CURLE_OK else { return .failure(failure(code)) }
        // libcurl takes a connection that is closed between two headers for the end of an empty answer.
        guard hasAllHeaders else {
            return .failure(HTTPFailure(kind: .transport, reason: "the answer ended in its headers", wasSent: true))
        }
        var total: curl_off_t = 0
        var untilFirstByte: curl_off_t = 0
        zkb_getinfo_offset(easy, CURLINFO_TOTAL_TIME_T, &total)
        zkb_getinfo_offset(easy, CURLINFO_STARTTRANSFER_TIME_T, &untilFirstByte)
        var retryAfter: curl_off_t = 0
        zkb_getinfo_offset(easy, CURLINFO_RETRY_AFTER, &retryAfter)
        let hasRetryAfter = header("Retry-After") != nil
        return .success(
            HTTPResponse(
                status: status, body: body, date: header("Date").flatMap(Self.seconds),
                firstByteAt: Self.now() - Int64(total - untilFirstByte),
                retryAfter: hasRetryAfter ? max(0, Int(retryAfter)) : nil))
    }

    private func setRequest(_ request: HTTPRequest) {
        zkb_setopt_string(easy, CURLOPT_URL, request.url)
        zkb_setopt_long(easy, CURLOPT_PATH_AS_IS, 1)
        zkb_setopt_list(easy, CURLOPT_HTTPHEADER, headers)
        if request.method == .post || !request.body.isEmpty {
            zkb_setopt_long(easy, CURLOPT_POSTFIELDSIZE, request.body.count)
            // An empty array has no address, and without one curl would read the body from standard input.
            (request.body + [0]).withUnsafeBytes {
                _ = zkb_setopt_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress)
            }
        }
        switch request.method {
        case .get: zkb_setopt_long(easy, CURLOPT_HTTPGET, 1)
        case .post: zkb_setopt_long(easy, CURLOPT_POST, 1)
        case .put, .delete: zkb_setopt_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        // A request that fails on a connection of before is sent again by libcurl itself, on a new one.
        zkb_setopt_long(easy, CURLOPT_FRESH_CONNECT, request.isRepeatable ? 0 : 1)
    }

    private func setLimits(_ request: HTTPRequest) {
        zkb_setopt_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Self.connectTimeoutMilliseconds)
        zkb_setopt_long(easy, CURLOPT_TIMEOUT_MS, request.timeoutMilliseconds)
        zkb_setopt_long(easy, CURLOPT_MAXFILESIZE, request.answerSizeMax)
        zkb_setopt_long(easy, CURLOPT_NOSIGNAL, 1)
        zkb_setopt_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        // A time-out closes an HTTP/1.1 connection. One of HTTP/2 lives on, even if its peer is long gone.
        zkb_setopt_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // Else ending a transfer waits for its name resolution.
        zkb_setopt_long(easy, CURLOPT_QUICK_EXIT, 1)
    }

    private func setSecurity(_ certificates: String?) {
        zkb_setopt_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        zkb_setopt_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        zkb_setopt_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
        zkb_setopt_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
        if let certificates { zkb_setopt_string(easy, CURLOPT_CAINFO, certificates) }
        // A token must not go where a redirect or a proxy's CONNECT points to.
        zkb_setopt_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        zkb_setopt_long(easy, CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
    }

    private func setReceivers() {
        let transfer = Unmanaged.passUnretained(self).toOpaque()
        zkb_setopt_pointer(easy, CURLOPT_ERRORBUFFER, reason)
        zkb_setopt_pointer(easy, CURLOPT_WRITEDATA, transfer)
        zkb_setopt_write(easy) { bytes, size, count, transfer in
            guard let bytes, let transfer else { return 0 }
            let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue().received(part)
        }
        zkb_setopt_pointer(easy, CURLOPT_HEADERDATA, transfer)
        zkb_setopt_header(easy) { bytes, size, count, transfer in
            guard let bytes, let transfer else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue().receivedHeader(line)
        }
    }

    /// Taking less than was offered makes libcurl end the transfer with an error.
    private func received(_ part: UnsafeRawBufferPointer) -> Int {
        guard body.count + part.count <= answerSizeMax else {
            isTooLarge = true
            return 0
        }
        body += part
        return part.count
    }

    private func receivedHeader(_ line: UnsafeRawBufferPointer) -> Int {
        headerSize += line.count
        // Of an interim answer and a proxy's too; trailers come after the end.
        if line.starts(with: "HTTP/".utf8) { hasAllHeaders = false }
        if line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8) { hasAllHeaders = true }
        return headerSize <= Self.headerSizeMax ? line.count : 0
    }

    private func failure(_ code: CURLcode) -> HTTPFailure {
        let isTooLarge = isTooLarge || code == CURLE_FILESIZE_EXCEEDED
        var sent = 0
        zkb_getinfo_long(easy, CURLINFO_REQUEST_SIZE, &sent)
        return HTTPFailure(
            kind: isTooLarge ? .tooLarge : .transport,
            reason: isTooLarge ? "the answer is larger than \(answerSizeMax) bytes" : reasonText(code),
            status: status == 0 ? nil : status, wasSent: sent > 0)
    }

    private func reasonText(_ code: CURLcode) -> String {
        let detail = String(cString: reason)
        // libcurl repeats a proxy's address that it does not understand, with the password in it.
        return detail.isEmpty || detail.contains("@") ? String(cString: curl_easy_strerror(code)) : detail
    }

    private var status: Int {
        var status = 0
        zkb_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    private func header(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        let code = curl_easy_header(easy, name, 0, UInt32(CURLH_HEADER), -1, &found)
        return code == CURLHE_OK ? found.map { String(cString: $0.pointee.value) } : nil
    }

    private static func seconds(ofHTTPDate text: String) -> Int64? {
        let seconds = curl_getdate(text, nil)
        return seconds < 0 ? nil : Int64(seconds)
    }

    private static func now() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}
