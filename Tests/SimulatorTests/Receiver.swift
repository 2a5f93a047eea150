import Hummingbird
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import Testing
import ZitadelClient

@testable import Simulator

/// A small webhook endpoint that keeps what it got and answers what it is told.
final class Receiver: Sendable {
    struct Delivery: Sendable {
        var body: [UInt8]
        var signature: String?
        var contentType: String?

        /// The signature is one of this key over the body, whenever it was made.
        func isSigned(with key: String) -> Bool {
            let stamp = signature?.split(separator: ",").first?.dropFirst(2) ?? ""
            guard let timestamp = Int64(stamp) else { return false }
            return signature == WebhookSigner.signatureHeader(key: key, timestamp: timestamp, body: body)
        }
    }

    static let logger = LogOutput(format: .json, level: .critical).logger("test")
    private let received = Mutex<[Delivery]>([])
    private let statuses: @Sendable (Int) -> Int

    /// - Parameter statuses: the status for the delivery of this number, from 0.
    init(statuses: @escaping @Sendable (Int) -> Int = { _ in 204 }) {
        self.statuses = statuses
    }

    var deliveries: [Delivery] { received.withLock { $0 } }
    var bodies: [String] { deliveries.map { String(decoding: $0.body, as: UTF8.self) } }

    /// Runs the endpoint and `services` while `body` runs with the endpoint's URL.
    func run(_ body: @Sendable @escaping (String) async throws -> Void) async throws {
        let (listening, started) = AsyncStream.makeStream(of: SocketAddress.self)
        let server = HTTPService(
            name: "receiver", address: SocketAddress(host: "127.0.0.1", port: 0), setting: "test",
            responder: responder(), logger: Self.logger, onListening: { started.yield($0) })
        try await withServices([server]) {
            for await address in listening {
                try await body("http://\(address)")
                break
            }
        }
    }

    private func responder() -> RouterResponder<BasicRequestContext> {
        let router = Router()
        router.post("webhook") { [self] request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            let signature = request.headers.first { $0.name.canonicalName == "zitadel-signature" }
            let delivery = Delivery(
                body: Array(buffer: body), signature: signature?.value,
                contentType: request.headers[.contentType])
            let number = received.withLock { received in
                received.append(delivery)
                return received.count - 1
            }
            return Response(status: HTTPResponse.Status(code: statuses(number)))
        }
        router.post("redirect") { _, _ in Response(status: .temporaryRedirect, headers: [.location: "/redirect"]) }
        router.post("forwards") { _, _ in Response(.ok, json: #"{"forwardedStatusCode":403}"#) }
        router.post("large") { _, _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0x61, count: 2 << 20)))
        }
        return router.buildResponder()
    }
}

/// Runs services while `body` runs, then asks them to stop and waits for them.
func withServices(_ services: [any Service], _ body: @Sendable @escaping () async throws -> Void) async throws {
    let group = ServiceGroup(configuration: .init(services: services, logger: Receiver.logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

/// A value that a test closure leaves behind.
final class Box<Value: Sendable>: Sendable {
    private let stored: Mutex<Value>

    init(_ value: Value) {
        stored = Mutex(value)
    }

    var value: Value {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}
