import KafkaClient
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Bridge

@Suite("Limits of the webhook listener")
struct WebhookLimitTests {
    private static let head =
        "POST \(WebhookContext.path) HTTP/1.1\r\nhost: x\r\nzitadel-signature: t=1\r\ncontent-length: 100\r\n\r\n"

    @Test("A request that takes too long is closed and counted, and so is a silent connection")
    func slowRequests() async throws {
        var limits = WebhookLimits(bodySizeMax: 1024)
        limits.requestTimeout = .milliseconds(100)
        limits.idleTimeout = .milliseconds(100)
        try await BridgeHarness.run(limits: limits) { bridge async throws in
            for bytes in [Array((Self.head + "half").utf8), []] {
                await #expect(throws: HTTPExchangeError.self) {
                    _ = try await HTTPExchange.raw(port: bridge.port, bytes)
                }
            }
            #expect(try await bridge.metric("bridge_webhook_connections_timed_out_total") == 2)
        }
    }

    @Test("A connection above the limit is closed at once and counted")
    func tooManyConnections() async throws {
        var limits = WebhookLimits(bodySizeMax: 1024)
        limits.connectionsMax = 0
        try await BridgeHarness.run(limits: limits) { bridge async throws in
            await #expect(throws: HTTPExchangeError.self) { _ = try await bridge.post(BridgeHarness.event()) }
            #expect(try await bridge.metric("bridge_webhook_connections_refused_total") == 1)
        }
    }

    @Test("A request without a signature is refused at its head, and its body is not waited for")
    func unsignedHead() async throws {
        try await BridgeHarness.run { bridge async throws in
            let head = "POST \(WebhookContext.path) HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"
            #expect(try await HTTPExchange.raw(port: bridge.port, Array(head.utf8)).status == 401)
        }
    }
}
