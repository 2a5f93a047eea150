import Hummingbird
import ServiceRuntime

/// Zitadel's REST API as far as the bridge uses it: instance, events, targets and executions.
struct ZitadelAPI: Sendable {
    let simulation: Simulation

    /// What a call needs: reading is for IAM_OWNER_VIEWER, everything for IAM_OWNER.
    enum Permission: Sendable {
        case read
        case write
    }

    /// One call as a route needs it.
    struct Call: Sendable {
        var message: RequestMessage
        /// The id in the path; empty when it has none.
        var id: String
    }

    typealias Answer = @Sendable (Call) throws(GatewayError) -> String

    private static let bodySizeMax = 1 << 20
    private static let instanceHostHeader = "x-zitadel-instance-host"

    var configuration: SimulatorConfiguration { simulation.configuration }

    func addRoutes(to router: Router<BasicRequestContext>) {
        router.get("debug/healthz") { _, _ in Response(.ok, text: "ok") }
        router.get("debug/ready") { _, _ in Response(.ok, json: "\"ok\"") }
        addEvents(to: router)
        for service in configuration.flavour.services { addActions(service, to: router) }
        for prefix in ["admin", "management", "v2", "v2beta"] {
            for method in [HTTPRequest.Method.get, .post, .put, .delete] {
                router.on(RouterPath("\(prefix)/**"), method: method) { [calls = simulation.calls] request, _ in
                    calls.count("\(method.rawValue) \(request.uri.path)")
                    return Response(.notFound, json: GatewayError.notFound("Not Found").body)
                }
            }
        }
    }

    func on(
        _ router: Router<BasicRequestContext>, _ method: HTTPRequest.Method, _ path: String,
        requires permission: Permission, _ answer: @escaping Answer
    ) {
        router.on(RouterPath(path), method: method) { request, context in
            simulation.calls.count("\(method.rawValue) /\(path)")
            do {
                try await fail(request.uri.path)
                try checkInstance(request)
                try authorize(request, permission)
                let body = try await request.body.collect(upTo: Self.bodySizeMax)
                let message = try RequestMessage(body: Array(buffer: body))
                let id = context.parameters.get("id") ?? ""
                return Response(.ok, json: try answer(Call(message: message, id: id)))
            } catch let error as GatewayError {
                return Self.response(error)
            }
        }
    }

    private func fail(_ path: String) async throws {
        guard let fault = simulation.apiFault(path) else { return }
        if let latency = fault.latencyMilliseconds { try await Task.sleep(for: .milliseconds(latency)) }
        if let status = fault.status { throw GatewayError.status(status, retryAfter: fault.retryAfter) }
    }

    private func checkInstance(_ request: Request) throws(GatewayError) {
        guard let expected = configuration.instanceHost else { return }
        let header = request.headers.first { $0.name.canonicalName == Self.instanceHostHeader }?.value
        let host = header ?? request.head.authority ?? ""
        guard host == expected else {
            throw .notFound("unable to set instance using origin http://\(host)", id: "QUERY-1kIjX")
        }
    }

    private func authorize(_ request: Request, _ permission: Permission) throws(GatewayError) {
        let prefix = "Bearer "
        guard let header = request.headers[.authorization], header.hasPrefix(prefix) else { throw .unauthenticated }
        switch String(header.dropFirst(prefix.count)) {
        case configuration.ownerToken: return
        case configuration.viewerToken:
            guard permission == .read else { throw .denied }
        default: throw .unauthenticated
        }
    }

    private static func response(_ error: GatewayError) -> Response {
        var response = Response(HTTPResponse.Status(code: error.status), json: error.body)
        if let retryAfter = error.retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        return response
    }
}
