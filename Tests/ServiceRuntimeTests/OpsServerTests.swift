import Foundation
import FoundationNetworking
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import Testing

@Suite("Ops server")
struct OpsServerTests {
    private static let logger = LogOutput(format: .json, level: .critical).logger("test")

    private struct Answer: Equatable {
        var status: Int
        var body: String
        var contentType: String?
        var allow: String?
    }

    private func ask(_ address: SocketAddress, _ path: String, method: String = "GET") async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "http://\(address)\(path)")))
        request.httpMethod = method
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        return Answer(
            status: http.statusCode, body: String(decoding: data, as: UTF8.self),
            contentType: http.value(forHTTPHeaderField: "Content-Type"), allow: http.value(forHTTPHeaderField: "Allow"))
    }

    /// Runs a server on a free port while `body` runs, and expects that it stops without an error.
    private func withServer(
        checks: [ReadinessCheck] = [], _ body: @Sendable @escaping (SocketAddress) async throws -> Void
    ) async throws {
        let metrics = MetricsRegistry()
        metrics.counter("test_total", help: "Test.").increment()
        let (listening, started) = AsyncStream.makeStream(of: SocketAddress.self)
        let server = OpsServer(
            address: SocketAddress(host: "127.0.0.1", port: 0), setting: "BRIDGE_OPS_LISTEN", metrics: metrics,
            checks: checks, logger: Self.logger, status: { #"{"version":"1"}"# }, onListening: { started.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: Self.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await address in listening {
                #expect(server.boundAddress == address)
                try await body(address)
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("Each path answers, others are 404 and other methods 405")
    func paths() async throws {
        try await withServer { address in
            #expect(try await ask(address, "/livez").body == "ok")
            #expect(try await ask(address, "/livez", method: "HEAD").status == 200)
            let metrics = try await ask(address, "/metrics")
            #expect(metrics.contentType == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.body.contains("\ntest_total 1\n"))
            let status = try await ask(address, "/status")
            #expect(status.body == #"{"version":"1"}"#)
            #expect(status.contentType == "application/json")
            #expect(try await ask(address, "/nothing").status == 404)
            let refused = try await ask(address, "/livez", method: "POST")
            #expect(refused.status == 405)
            #expect(refused.allow == "GET")
        }
    }

    @Test("Readiness is red while one check is, says why, and turns green again")
    func readiness() async throws {
        let kafka = Mutex(ReadinessState.notReady(reason: "no broker \"b:9092\""))
        let shared = SharedState(kafka)
        let checks = [
            ReadinessCheck(name: "kafka") { shared.state.withLock { $0 } },
            ReadinessCheck(name: "state") { .ready },
        ]
        try await withServer(checks: checks) { address in
            let red = try await ask(address, "/readyz")
            #expect(red.status == 503)
            #expect(
                red.body == #"{"ready":false,"checks":[{"name":"kafka","ready":false,"reason":"no broker \"b:9092\""},"#
                    + #"{"name":"state","ready":true}]}"#)
            #expect(try await ask(address, "/livez").status == 200)
            shared.state.withLock { $0 = .ready }
            #expect(try await ask(address, "/readyz").status == 200)
        }
    }

    private final class SharedState: Sendable {
        let state: Mutex<ReadinessState>
        init(_ state: consuming Mutex<ReadinessState>) { self.state = state }
    }

    @Test("A taken port is an error that names address and setting")
    func portTaken() async throws {
        try await withServer { address in
            let second = OpsServer(
                address: address, setting: "BRIDGE_OPS_LISTEN", metrics: MetricsRegistry(), checks: [],
                logger: Self.logger)
            let error = await #expect(throws: ListenError.self) { try await second.run() }
            #expect(
                error?.description
                    == "ops listener cannot listen on \(address) (BRIDGE_OPS_LISTEN): the address is already in use")
        }
    }

    @Test("A host that does not resolve is such an error too")
    func badHost() async throws {
        let server = OpsServer(
            address: SocketAddress(host: "203.0.113.1", port: 0), setting: "X", metrics: MetricsRegistry(), checks: [],
            logger: Self.logger)
        let error = await #expect(throws: ListenError.self) { try await server.run() }
        #expect(error?.reason == "this machine does not have the address")
    }
}
