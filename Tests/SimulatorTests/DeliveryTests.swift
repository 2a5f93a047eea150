import Foundation
import ServiceRuntime
import TestSupport
import Testing
import ZitadelClient

@testable import Simulator

@Suite("Delivery")
struct DeliveryTests {
    private static let key = "98KmsU67aBcDeFgHiJkLmNoPqRsTuVwXyZ01"

    private func worker(
        _ queue: DeliveryQueue, timing: DeliveryWorker.Timing = .immediate
    ) -> DeliveryWorker {
        DeliveryWorker(
            queue: queue, timing: timing, clock: WallClock { 1_767_323_045_999_999 }, logger: Receiver.logger)
    }

    private func jobs(
        _ count: Int, _ url: String, queuedAt: ContinuousClock.Instant = .now
    ) -> [DeliveryJob] {
        (0..<count).map { number in
            DeliveryJob(
                name: "job/\(number)", body: Array("{\"n\":\(number)}".utf8),
                calls: [.init(endpoint: url, signingKey: Self.key)], queuedAt: queuedAt)
        }
    }

    @Test("Every event arrives once, in order, as it is, with a signature of the moment of the call")
    func orderAndSignature() async throws {
        let receiver = Receiver()
        try await receiver.run { url in
            var configuration = SimulatorConfiguration()
            configuration.webhook = .init(url: url + "/webhook", signingKey: Self.key)
            let simulation = try Simulation(configuration)
            let queue = simulation.queue
            let (_, events) = try simulation.perform { (tenant) throws(SimulatorError) in try tenant.playDemo() }
            try await withServices([worker(queue)]) {
                try await eventually("all delivered") { queue.statistics.pending == 0 }
            }
            #expect(receiver.bodies == events.map { $0.webhookBody(instanceID: "290000000000000001") })
            #expect(queue.statistics.counts == DeliveryCounts(delivered: events.count))
        }
        for delivery in receiver.deliveries {
            #expect(
                delivery.signature
                    == WebhookSigner.signatureHeader(key: Self.key, timestamp: 1_767_323_045, body: delivery.body))
            #expect(delivery.contentType == "application/json")
        }
    }

    @Test("The verifier of the bridge accepts the signature over the body as sent")
    func verifies() async throws {
        let receiver = Receiver()
        let queue = DeliveryQueue()
        try await receiver.run { url in
            try queue.append(jobs(1, url + "/webhook"))
            try await withServices([worker(queue)]) {
                try await eventually("delivered") { queue.statistics.pending == 0 }
            }
        }
        let delivery = try #require(receiver.deliveries.first)
        let verifier = SignatureVerifier(keys: [Self.key], tolerance: 300)
        let header = Array(try #require(delivery.signature).utf8)
        #expect(throws: Never.self) {
            try delivery.body.withUnsafeBytes { body in
                try header.withUnsafeBytes { try verifier.verify(body: body, header: $0, now: 1_767_323_045) }
            }
        }
    }

    @Test("A refused event is counted by status and not sent again; the next ones follow")
    func noRetry() async throws {
        let receiver = Receiver(statuses: { $0 < 5 ? [500, 204, 503, 500, 200][$0] : 204 })
        let queue = DeliveryQueue()
        try await receiver.run { url in
            try queue.append(jobs(5, url + "/webhook"))
            try await withServices([worker(queue)]) {
                try await eventually("all done") { queue.statistics.pending == 0 }
            }
        }
        #expect(receiver.bodies == (0..<5).map { "{\"n\":\($0)}" })
        #expect(queue.statistics.counts == DeliveryCounts(delivered: 2, refused: [500: 2, 503: 1]))
    }

    @Test("Nobody listening, endless redirects and a flood as answer lose the event without a second attempt")
    func unreachable() async throws {
        let receiver = Receiver()
        try await receiver.run { url in
            for target in ["http://127.0.0.1:1/webhook", url + "/redirect", url + "/large"] {
                let queue = DeliveryQueue()
                try queue.append(jobs(1, target))
                try await withServices([worker(queue)]) {
                    try await eventually("done") { queue.statistics.pending == 0 }
                }
                #expect(queue.statistics.counts == DeliveryCounts(unreachable: 1), "\(target)")
            }
        }
    }

    @Test("A job older than five minutes is dropped without a call")
    func tooOld() async throws {
        let receiver = Receiver()
        let queue = DeliveryQueue()
        try await receiver.run { url in
            let old = jobs(2, url + "/webhook", queuedAt: .now - .seconds(301))
            try queue.append(old + jobs(1, url + "/webhook"))
            try await withServices([worker(queue)]) {
                try await eventually("all done") { queue.statistics.pending == 0 }
            }
        }
        #expect(receiver.deliveries.count == 1)
        #expect(queue.statistics.counts == DeliveryCounts(delivered: 1, dropped: 2))
    }

    @Test("Zitadel's timing leaves 100 ms between two calls")
    func zitadelTiming() async throws {
        let receiver = Receiver()
        let queue = DeliveryQueue()
        let start = ContinuousClock.now
        try await receiver.run { url in
            try queue.append(jobs(4, url + "/webhook"))
            try await withServices([worker(queue, timing: .zitadel)]) {
                try await eventually("all done") { queue.statistics.pending == 0 }
            }
        }
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        #expect(receiver.deliveries.count == 4)
    }

    @Test("A stop leaves the rest undelivered and ends without an error")
    func stop() async throws {
        let queue = DeliveryQueue()
        try queue.append(jobs(50, "http://127.0.0.1:1/webhook"))
        try await withServices([worker(queue, timing: .zitadel)]) {
            try await eventually("one done") { queue.statistics.counts.unreachable > 0 }
        }
        #expect(queue.statistics.pending > 40)
    }
}
