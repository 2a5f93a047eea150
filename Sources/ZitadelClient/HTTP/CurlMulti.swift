import CCurl

/// libcurl's handle for many transfers on one thread. Only `wakeUp` may be called from others.
final class CurlMulti: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    /// - Parameter connectionsMax: open at a time; transfers above it wait inside libcurl.
    init(connectionsMax: Int) {
        guard let handle = curl_multi_init() else { preconditionFailure("libcurl has no memory for a handle.") }
        self.handle = handle
        zkb_multi_setopt_long(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, connectionsMax)
        zkb_multi_setopt_long(handle, CURLMOPT_MAXCONNECTS, connectionsMax)
    }

    deinit {
        curl_multi_cleanup(handle)
    }

    /// Ends the wait of `wait`, or the next one.
    func wakeUp() { curl_multi_wakeup(handle) }

    /// Moves every transfer on; never blocks.
    func perform() {
        var running: Int32 = 0
        let code = curl_multi_perform(handle, &running)
        precondition(code == CURLM_OK, "libcurl cannot go on with its transfers.")
    }

    /// Blocks until a socket is ready, a time-out of libcurl is due or `wakeUp` was called.
    func wait() {
        let code = curl_multi_poll(handle, nil, 0, Self.waitMilliseconds, nil)
        // Returning at once, again and again, would burn a processor.
        precondition(code == CURLM_OK, "libcurl cannot wait for its sockets.")
    }

    /// A transfer that ended, until there is none.
    func nextEnded() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left)?.pointee {
            if message.msg == CURLMSG_DONE { return (message.easy_handle, message.data.result) }
        }
        return nil
    }

    /// Longest wait while nothing happens; libcurl shortens it to its own timers.
    private static let waitMilliseconds: Int32 = 60_000
}
