package import Hummingbird
package import Logging
import ServiceLifecycle

/// What operators and their machines ask a process: `/livez`, `/readyz`, `/metrics` and `/status`.
package struct OpsServer: Service {
    private let service: HTTPService<RouterResponder<BasicRequestContext>>

    /// - Parameters:
    ///   - setting: the name of the setting that holds the address, for the error when it is taken.
    ///   - status: JSON text for `/status`.
    ///   - onListening: called once with the address in use.
    package init(
        address: SocketAddress, setting: String, metrics: MetricsRegistry, checks: [ReadinessCheck],
        logger: Logger, status: @escaping @Sendable () async -> String = { "{}" },
        onListening: @escaping @Sendable (SocketAddress) -> Void = { _ in }
    ) {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.getOnly("livez") { Response(.ok, text: "ok") }
        router.getOnly("readyz") {
            let report = ReadinessReport(checks)
            return Response(report.isReady ? .ok : .serviceUnavailable, json: report.json)
        }
        router.getOnly("metrics") { Response(.ok, text: metrics.render(), contentType: MetricsText.contentType) }
        router.getOnly("status") { Response(.ok, json: await status()) }
        service = HTTPService(
            name: "ops listener", address: address, setting: setting, responder: router.buildResponder(),
            logger: logger, onListening: onListening)
    }

    /// The address with the port that is in use; `nil` before it listens.
    package var boundAddress: SocketAddress? { service.boundAddress }

    package func run() async throws { try await service.run() }
}

extension Router {
    /// `GET` answers; any other method of HTTP that is common gets 405.
    package func getOnly(_ path: RouterPath, answer: @escaping @Sendable () async -> Response) {
        get(path) { _, _ in await answer() }
        for method in [HTTPRequest.Method.post, .put, .patch, .delete, .options] {
            on(path, method: method) { _, _ in
                var response = Response(.methodNotAllowed, text: "method not allowed")
                response.headers[.allow] = "GET"
                return response
            }
        }
    }
}

extension Response {
    package init(_ status: HTTPResponse.Status, text: String, contentType: String = "text/plain; charset=utf-8") {
        self.init(
            status: status, headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    package init(_ status: HTTPResponse.Status, json: String) {
        self.init(status, text: json, contentType: "application/json")
    }
}
