import CCurl
import Glibc

/// HTTP over libcurl on one thread of its own, `zitadel-http`, with connections that are kept for the next request.
///
/// TLS 1.2 or later, certificate and host name verified, no redirect followed. A proxy is taken from `http_proxy`,
/// `https_proxy`, `all_proxy` and `no_proxy`, as libcurl does. Closed, it answers nothing any more; it closes when the
/// last reference goes.
package final class HTTPTransport: Sendable {
    private static let connectionsMax = 4

    let queue: TransferQueue

    /// - Parameter certificates: PEM file of the authorities to trust instead of the system's.
    package init(certificates: String? = HTTPTransport.certificatesOfEnvironment) {
        let queue = TransferQueue(CurlMulti(connectionsMax: Self.connectionsMax))
        self.queue = queue
        TransferThread.start { TransferLoop(queue, certificates: certificates).run() }
    }

    deinit {
        queue.close()
    }

    /// `SSL_CERT_FILE`, which OpenSSL's programs honour and libcurl does not.
    package static var certificatesOfEnvironment: String? {
        guard let path = getenv("SSL_CERT_FILE").map({ String(cString: $0) }), !path.isEmpty else { return nil }
        return path
    }

    /// Sends once. A cancelled task goes on at once, and the transfer ends.
    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        guard !Task.isCancelled else { throw .cancelled }
        let id = queue.newID()
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.submit(request, id: id, continuation)
                // A cancellation in between had nothing to cancel.
                if Task.isCancelled { queue.cancel(id) }
            }
        } onCancel: {
            queue.cancel(id)
        }
        return try answer.get()
    }

    /// Cancels every request and ends the thread. Returns at once.
    package func close() {
        queue.close()
    }
}

/// What runs on the transport's thread.
private struct TransferLoop {
    private let queue: TransferQueue
    private let certificates: String?
    private var transfers: [UInt64: Transfer] = [:]

    init(_ queue: TransferQueue, certificates: String?) {
        self.queue = queue
        self.certificates = certificates
    }

    consuming func run() {
        while true {
            let work = queue.take()
            if work.isClosed { break }
            for id in work.aborts { end(id) }
            for start in work.starts { begin(start.id, start.request) }
            queue.multi.perform()
            let hasEnded = finishEnded()
            // An end frees a connection that a waiting transfer takes at the next turn.
            if !hasEnded { queue.multi.wait() }
        }
        for id in transfers.keys { end(id) }
    }

    private mutating func begin(_ id: UInt64, _ request: HTTPRequest) {
        let transfer = Transfer(id: id, request, certificates: certificates)
        transfers[id] = transfer
        curl_multi_add_handle(queue.multi.handle, transfer.easy)
    }

    private mutating func end(_ id: UInt64) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        curl_multi_remove_handle(queue.multi.handle, transfer.easy)
    }

    private mutating func finishEnded() -> Bool {
        var hasEnded = false
        while let (easy, code) = queue.multi.nextEnded() {
            guard let transfer = transfers.values.first(where: { $0.easy == easy }) else { continue }
            let answer = transfer.result(code)
            end(transfer.id)
            queue.finish(transfer.id, answer)
            hasEnded = true
        }
        return hasEnded
    }
}

private enum TransferThread {
    /// Nobody joins it: it ends when its queue is closed.
    static func start(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                let body = Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue()
                zkb_name_calling_thread("zitadel-http")
                // A peer that closes early must not end the program; OpenSSL may write without MSG_NOSIGNAL.
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                body.run()
                return nil
            }, Unmanaged.passRetained(ThreadBody(run: body)).toOpaque())
        precondition(code == 0, "The system refuses another thread.")
        pthread_detach(thread)
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
