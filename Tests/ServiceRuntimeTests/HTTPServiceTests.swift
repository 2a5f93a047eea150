import Foundation
import Glibc
import Hummingbird
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite("An HTTP listener")
struct HTTPServiceTests {
    /// A connection that asks once and stays open.
    private final class Client: Sendable {
        private let descriptor: Int32

        init(port: Int) {
            descriptor = Loopback.socket()
            var limit = timeval(tv_sec: 0, tv_usec: 300_000)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            _ = Loopback.call(descriptor, port: port) { connect($0, $1, $2) }
        }

        deinit { close(descriptor) }

        /// Whether an answer comes within 0.3 s.
        func ask() async -> Bool {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { [descriptor] in
                    let request = "GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n"
                    _ = send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL))
                    var byte: UInt8 = 0
                    continuation.resume(returning: recv(descriptor, &byte, 1, 0) == 1)
                }
            }
        }
    }

    @Test("No more connections are taken than it may have; others wait until one closes")
    func connections() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let router = Router()
        router.get("hello") { _, _ in "hello" }
        let service = HTTPService(
            name: "test", address: SocketAddress(host: "127.0.0.1", port: 0), setting: "X",
            responder: router.buildResponder(), logger: logger, connectionsMax: 2)
        let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("it listens") { service.boundAddress != nil }
            let port = service.boundAddress?.port ?? 0
            var held = [Client(port: port)]
            try await eventually("the first is answered") { await held[0].ask() }
            held.append(Client(port: port))
            try await eventually("so is the second") { await held[1].ask() }
            #expect(await !Client(port: port).ask())
            held.removeFirst()
            try await eventually("now there is room") { await Client(port: port).ask() }
            held.removeAll()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
