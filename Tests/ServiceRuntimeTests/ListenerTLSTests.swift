import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import ServiceRuntime

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ line: String) { lines.withLock { $0.append(line) } }

    var text: String { lines.withLock { $0.joined() } }
}

/// Answers whatever is asked.
private final class Hello: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        context.close(promise: nil)
    }
}

@Suite("TLS of a listener")
struct ListenerTLSTests {
    private struct Listener {
        let url: String
        let port: Int
        let metrics: MetricsRegistry
        let lines: Lines
    }

    private func listen(
        _ pair: TestCertificates.Pair, _ body: @Sendable @escaping (Listener) async throws -> Void
    ) async throws {
        let lines = Lines()
        let logger = LogOutput(format: .json, level: .info, write: { lines.append($0) }).logger("test")
        let metrics = MetricsRegistry()
        let tls = try ListenerTLS(
            TLSFiles(certificate: pair.certificate, key: pair.key), listener: "test", metrics: metrics,
            interval: .milliseconds(10), logger: logger)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([tls.makeHandler(), Hello()])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let services = ServiceGroup(configuration: .init(services: [tls], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            let port = channel.localAddress?.port ?? 0
            try await body(
                Listener(url: "https://localhost:\(port)/hello", port: port, metrics: metrics, lines: lines))
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await channel.close()
        try await group.shutdownGracefully()
    }

    @Test("It answers those who trust its certificate, nobody without TLS, and nobody with TLS older than 1.2")
    func answers() async throws {
        let certificates = try TestCertificates()
        let (own, other) = (try await certificates.make("own"), try await certificates.make("other"))
        try await listen(own) { listener in
            #expect(try await certificates.ask(listener.url, trusting: own.certificate).output == "hello")
            let distrusted = try await certificates.ask(listener.url, trusting: other.certificate)
            #expect(distrusted.status == 60, "\(distrusted.errors)")
            let old = ["--tls-max", "1.1", "--ciphers", "DEFAULT:@SECLEVEL=0"]
            #expect(try await certificates.ask(listener.url, trusting: own.certificate, old).status == 35)
            let plain = "http://localhost:\(listener.port)/hello"
            #expect(try await certificates.ask(plain, trusting: own.certificate).status != 0)
        }
    }

    @Test("Renewed files are taken without a restart, a half of them is not")
    func renewal() async throws {
        let certificates = try TestCertificates()
        let served = try await certificates.make("served")
        let (first, second) = (try await certificates.make("first"), try await certificates.make("second", days: 9))
        try certificates.replace(served, with: first)
        try await listen(served) { listener in
            #expect(try await certificates.ask(listener.url, trusting: first.certificate).output == "hello")
            let half = TestCertificates.Pair(certificate: second.certificate, key: first.key)
            try certificates.replace(served, with: half)
            try await eventually("the fault is told") { listener.lines.text.contains("cannot be used") }
            #expect(try await certificates.ask(listener.url, trusting: first.certificate).output == "hello")
            try certificates.replace(served, with: second)
            try await eventually("the new one is served") {
                try await certificates.ask(listener.url, trusting: second.certificate).output == "hello"
            }
            #expect(try await certificates.ask(listener.url, trusting: first.certificate).status == 60)
            let end = Int(Date().timeIntervalSince1970) + 8 * 86_400
            let name = "listener_tls_certificate_not_after_seconds{listener=\"test\"} "
            let line = listener.metrics.render().split(separator: "\n").first { $0.hasPrefix(name) }
            #expect(line.flatMap { Int($0.dropFirst(name.count)) } ?? 0 > end)
        }
    }

    private func load(_ certificate: String?, _ key: String?) throws(ConfigurationError) -> TLSFiles? {
        var environment: [String: String] = [:]
        environment["BRIDGE_TLS_CERTIFICATE_FILE"] = certificate
        environment["BRIDGE_TLS_KEY_FILE"] = key
        return try TLSFiles(
            Settings.load(for: .bridge, environment: environment), certificate: .bridgeTLSCertificateFile,
            key: .bridgeTLSKeyFile)
    }

    @Test("A file that is missing or does not fit is told with its setting before anything starts")
    func settings() async throws {
        let certificates = try TestCertificates()
        let (own, other) = (try await certificates.make("own"), try await certificates.make("other"))
        #expect(try load(nil, nil) == nil)
        #expect(try load(own.certificate, own.key) != nil)
        let locked = certificates.path("locked.key")
        _ = try await Tool.run(
            ["/usr/bin/openssl", "ec", "-in", own.key, "-aes256", "-passout", "pass:x", "-out", locked],
            in: certificates.folder)
        let faults: [(certificate: String?, key: String?, setting: String, says: String)] = [
            (own.certificate, nil, "BRIDGE_TLS_KEY_FILE", "is required beside BRIDGE_TLS_CERTIFICATE_FILE"),
            (nil, own.key, "BRIDGE_TLS_CERTIFICATE_FILE", "is required beside BRIDGE_TLS_KEY_FILE"),
            ("/nowhere.pem", own.key, "BRIDGE_TLS_CERTIFICATE_FILE", "/nowhere.pem cannot be read"),
            (own.certificate, "/nowhere.key", "BRIDGE_TLS_KEY_FILE", "/nowhere.key cannot be read"),
            (own.key, own.key, "BRIDGE_TLS_CERTIFICATE_FILE", "holds no certificate"),
            (own.certificate, own.certificate, "BRIDGE_TLS_KEY_FILE", "holds no private key"),
            (own.certificate, locked, "BRIDGE_TLS_KEY_FILE", "one with a passphrase"),
            (own.certificate, other.key, "BRIDGE_TLS_KEY_FILE", "does not belong to the first certificate"),
        ]
        for fault in faults {
            let error = #expect(throws: ConfigurationError.self) { try load(fault.certificate, fault.key) }
            #expect(error?.problems.first?.key == fault.setting)
            #expect(error?.problems.first?.reason.contains(fault.says) == true, "\(String(describing: error))")
        }
    }
}
