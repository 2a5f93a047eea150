import Foundation
import Logging
import TestSupport
import Testing
import ZitadelClient

@testable import Bridge

@Suite("Refused requests")
struct WebhookRefusalTests {
    @Test("Nobody gets in without a fresh signature of the body, and each refusal is counted")
    func signatures() async throws {
        try await BridgeHarness.run { bridge async throws in
            let body = Array(BridgeHarness.event().utf8)
            let now = Int64(Date().timeIntervalSince1970)
            func sign(_ time: Int64, key: String = BridgeHarness.key, _ signed: [UInt8]? = nil) -> String {
                WebhookSigner.signatureHeader(key: key, timestamp: time, body: signed ?? body)
            }
            let refused: [(String?, String)] = [
                (nil, "not_signed"), ("", "not_signed"), ("garbage", "invalid_header"), ("t=x,v1=00", "invalid_header"),
                (sign(now - 400), "stale"), (sign(now + 400), "future"),
                (sign(now, key: "forged"), "no_valid_signature"),
                (sign(now, body + [0x20]), "no_valid_signature"),
                (sign(now) + "," + String(repeating: "x=y,", count: 5000), "invalid_header"),
            ]
            for (signature, reason) in refused {
                let before = try await bridge.metric("bridge_signatures_rejected_total{reason=\"\(reason)\"}")
                #expect(try await bridge.post(body, signature: .some(signature)).status == 401)
                #expect(try await bridge.metric("bridge_signatures_rejected_total{reason=\"\(reason)\"}") == before + 1)
            }
            let twice = [("ZITADEL-Signature", sign(now)), ("zitadel-signature", sign(now))]
            #expect(try await bridge.post(body, signature: .some(nil), headers: twice).status == 401)
            let notUTF8 =
                Array("POST \(WebhookContext.path) HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".utf8)
                + Array("ZITADEL-Signature: t=1,v1=".utf8) + [0xFF, 0xFE] + Array("\r\ncontent-length: 0\r\n\r\n".utf8)
            #expect([400, 401].contains(try await HTTPExchange.raw(port: bridge.port, notUTF8).status))
            #expect(try await bridge.events("published") == 0)
            #expect(try await bridge.post(body).status == 204)
        }
    }

    @Test("Another path, another method, and what is not HTTP are refused")
    func routes() async throws {
        try await BridgeHarness.run { bridge async throws in
            let body = Array(BridgeHarness.event().utf8)
            #expect(try await bridge.post(body, path: "/").status == 404)
            #expect(try await bridge.post(body, path: "/webhook/zitadel-events/x").status == 404)
            #expect(try await bridge.post(body, path: "/webhook/zitadel-events?x=1").status == 204)
            let get = try await HTTPExchange.send("GET", port: bridge.port, path: WebhookContext.path)
            #expect(get.status == 405)
            #expect(get.headers["allow"] == "POST")
            #expect(try await HTTPExchange.raw(port: bridge.port, Array("hello\r\n\r\n".utf8)).status == 400)
        }
    }

    @Test("A body above the limit is refused, announced or not, and one at the limit is read")
    func bodySize() async throws {
        try await BridgeHarness.run(environment: ["BRIDGE_MAX_BODY": "4096"]) { bridge async throws in
            let event = BridgeHarness.event()
            let padded = Array((event + String(repeating: " ", count: 4096 - event.utf8.count)).utf8)
            #expect(try await bridge.post(padded).status == 204)
            #expect(try await bridge.post(padded + [0x20]).status == 413)
            let head =
                "POST \(WebhookContext.path) HTTP/1.1\r\nhost: x\r\nzitadel-signature: x\r\n"
                + "transfer-encoding: chunked\r\n\r\n"
            let chunk = "800\r\n" + String(repeating: "x", count: 0x800) + "\r\n"
            let chunked = Array((head + chunk + chunk + chunk + "0\r\n\r\n").utf8)
            #expect(try await HTTPExchange.raw(port: bridge.port, chunked).status == 413)
        }
    }

    @Test("A chunked body and one that comes after 100 Continue are read")
    func chunked() async throws {
        try await BridgeHarness.run { bridge async throws in
            let body = BridgeHarness.event()
            let signature = WebhookSigner.signatureHeader(
                key: BridgeHarness.key, timestamp: Int64(Date().timeIntervalSince1970), body: Array(body.utf8))
            let middle = body.utf8.count / 2
            let parts = [body.prefix(middle), body.dropFirst(middle)].map {
                String($0.utf8.count, radix: 16) + "\r\n" + $0 + "\r\n"
            }
            let request =
                "POST \(WebhookContext.path) HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\n"
                + "zitadel-signature: \(signature)\r\ntransfer-encoding: chunked\r\n\r\n" + parts.joined() + "0\r\n\r\n"
            #expect(try await HTTPExchange.raw(port: bridge.port, Array(request.utf8)).status == 204)
        }
    }

    @Test("Requests sent without waiting for the answer are answered one by one")
    func pipelined() async throws {
        try await BridgeHarness.run { bridge async throws in
            func request(_ sequence: Int, close: Bool) -> String {
                let body = BridgeHarness.event(sequence: sequence)
                let signature = WebhookSigner.signatureHeader(
                    key: BridgeHarness.key, timestamp: Int64(Date().timeIntervalSince1970), body: Array(body.utf8))
                return "POST \(WebhookContext.path) HTTP/1.1\r\nhost: x\r\nzitadel-signature: \(signature)\r\n"
                    + (close ? "connection: close\r\n" : "") + "content-length: \(body.utf8.count)\r\n\r\n" + body
            }
            let text = (1...20).map { request($0, close: $0 == 20) }.joined()
            let answer = try await HTTPExchange.raw(port: bridge.port, Array(text.utf8))
            #expect(answer.status == 204)
            #expect(answer.body.ranges(of: "HTTP/1.1 204").count == 19)
            #expect(try await bridge.events("published") == 20)
        }
    }

    @Test("Signed bytes that are no event are refused as such and leave nothing in the log")
    func malformed() async throws {
        try await BridgeHarness.run { bridge async throws in
            let event = BridgeHarness.event()
            let bodies = [
                "", "[]", "{}", "null", event.replacingOccurrences(of: "\"sequence\":1", with: "\"sequence\":0"),
                event.replacingOccurrences(of: "\"sequence\":1", with: "\"sequence\":9223372036854775808"),
                event.replacingOccurrences(of: "{", with: "{\"sequence\":1,"), event + event, "{\"canary\":\"x",
                String(repeating: "{\"a\":", count: 100_000),
            ]
            for body in bodies { #expect(try await bridge.post(body).status == 400, "\(body.prefix(40))") }
            #expect(try await bridge.post(Array(event.utf8) + [0xFF]).status == 400)
            #expect(!bridge.log.text.contains("canary"))
        }
    }
}
