import EventContract
import Foundation
import KafkaClient
import Logging
import ServiceRuntime
import TestSupport
import Testing
import ZitadelClient

@testable import Bridge

@Suite("Webhook endpoint")
struct WebhookAnswerTests {
    @Test("With a certificate the listener speaks TLS and nothing else")
    func tls() async throws {
        let certificates = try TestCertificates()
        let pair = try await certificates.make("bridge")
        let environment = ["BRIDGE_TLS_CERTIFICATE_FILE": pair.certificate, "BRIDGE_TLS_KEY_FILE": pair.key]
        try await BridgeHarness.run(environment: environment) { bridge async throws in
            let body = BridgeHarness.event()
            let now = WallClock.system.microseconds() / 1_000_000
            let signature = WebhookSigner.signatureHeader(
                key: BridgeHarness.key, timestamp: now, body: Array(body.utf8))
            let url = "https://localhost:\(bridge.port)\(WebhookContext.path)"
            let options = ["--write-out", "%{http_code}", "--data-binary", body, "-H", "ZITADEL-Signature: \(signature)"]
            #expect(try await certificates.ask(url, trusting: pair.certificate, options).output == "204")
            #expect(try await bridge.events("published") == 1)
            let unsigned = ["--write-out", "%{http_code}", "--data-binary", body]
            #expect(try await certificates.ask(url, trusting: pair.certificate, unsigned).output.hasSuffix("401"))
            await #expect(throws: (any Error).self) { try await bridge.post(body) }
        }
    }

    @Test("Every golden event has its answer, its one outcome, and its record in the topic; no secret is anywhere else")
    func goldenEvents() async throws {
        struct Secrets: Decodable {
            let never: [String]
            let neverInLogs: [String]
        }
        let secrets = try JSONDecoder().decode(Secrets.self, from: Fixtures.data("secrets.json"))
        let events = GoldenEvent.all.filter(\.env.isEmpty)
        try await BridgeHarness.run { bridge async throws in
            for event in events {
                let answer = try await bridge.post(event.webhook ?? "")
                #expect(answer.status == event.answer, "\(event)")
                #expect(answer.body.isEmpty)
                #expect((answer.headers["retry-after"] != nil) == (answer.status == 503))
            }
            let metrics = try await bridge.get("/metrics").body
            let log = bridge.log.text
            #expect(log.contains("Handling webhook event"))
            for secret in secrets.never + secrets.neverInLogs {
                #expect(!log.contains(secret), "in the log")
                #expect(!metrics.contains(secret), "in the metrics")
            }
            let published = events.compactMap(\.record)
            #expect(try await bridge.events("published") == Double(published.count))
            let records = try await bridge.records(published.count)
            #expect(Set(records.map(\.value)) == Set(published.map { UTF8Text($0.value) }))
            for record in records {
                let read = try CanonicalEvent.reading(record)
                #expect(record.header("ce_id") == read.id.description)
                #expect(record.header("ce_type") == "\(read.type.name)")
                #expect(record.header("ce_subject") == read.subject.description)
                #expect(record.header("ce_time") == read.time.description)
                #expect(record.header("bridge-path") == "webhook")
                #expect(record.headers.count == 9)
                for secret in secrets.never { #expect(!record.value.description.contains(secret)) }
            }
        }
    }

    @Test("Metadata of a key that is not forwarded is answered 204 and not published", arguments: ["groups,team", ""])
    func metadataKeys(_ keys: String) async throws {
        try await BridgeHarness.run(environment: ["BRIDGE_METADATA_KEYS": keys]) { bridge async throws in
            let withheld = GoldenEvent.all.filter { $0.reason == "metadata-key" }
            #expect(!withheld.isEmpty)
            for event in withheld { #expect(try await bridge.post(event.webhook ?? "").status == 204) }
            #expect(try await bridge.events("metadata_key") == Double(withheld.count))
            #expect(try await bridge.events("published") == 0)
        }
    }

    @Test("The trace context of the request is in the record, anything else under its name is not")
    func traceContext() async throws {
        try await BridgeHarness.run { bridge async throws in
            let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let bad = String(repeating: "x", count: 55)
            for (sequence, parent) in [good, bad].enumerated() {
                let body = Array(BridgeHarness.event(sequence: sequence + 1).utf8)
                #expect(try await bridge.post(body, headers: [("traceparent", parent)]).status == 204)
            }
            let records = try await bridge.records(2)
            #expect(records.compactMap { $0.header("traceparent") } == [good])
        }
    }

    @Test("Without a configured instance the first verified event decides it")
    func pinnedInstance() async throws {
        try await BridgeHarness.run(environment: ["ZITADEL_INSTANCE_ID": ""]) { bridge async throws in
            let other = BridgeHarness.event().replacingOccurrences(of: BridgeHarness.instance, with: "9")
            #expect(try await bridge.post(Array(other.utf8), signature: "t=1,v1=00").status == 401)
            #expect(try await bridge.post(BridgeHarness.event()).status == 204)
            #expect(try await bridge.post(other).status == 403)
            #expect(try await bridge.post(BridgeHarness.event(sequence: 2)).status == 204)
        }
    }
}
