import Testing
import ZitadelClient

@testable import Bridge

@Suite("Verifying a captured webhook")
struct RegistrationVerifyTests {
    private static let body =
        #"{"aggregateID":"1","aggregateType":"user","instanceID":"i","sequence":3,"#
        + #""event_type":"user.removed","created_at":"2026-01-02T03:04:05Z"}"#

    private func verification(
        _ body: String = body, header: String?? = .none, now: Int64 = 1000, instanceID: String? = "i",
        keys: [String] = ["key"]
    ) -> Verification {
        let signed = WebhookSigner.signatureHeader(key: "key", timestamp: 1000, body: Array(body.utf8))
        return Verification(
            Verification.Request(
                body: Array(body.utf8), header: header ?? signed, keys: keys, tolerance: 300, now: now,
                instanceID: instanceID))
    }

    private func failures(_ verification: Verification) -> [String] {
        verification.findings.filter { !$0.isGood }.map { "\($0.check): \($0.words)" }
    }

    @Test("A good one passes every check")
    func good() {
        let verification = verification()
        #expect(verification.isGood)
        #expect(
            verification.text == """
                ok     signature: one of the keys matches
                ok     event: sequence 3 of a user
                ok     instance: i
                ok     type: user.removed becomes zitadel.user.removed

                """)
    }

    @Test("The check that fails is named, and by how much")
    func bad() {
        #expect(failures(verification(header: .some(nil))).first?.contains("not signed") == true)
        #expect(failures(verification(header: "garbage")).first?.contains("t=<unix seconds>") == true)
        #expect(failures(verification(now: 1301)).first?.contains("signed 301 s before") == true)
        #expect(failures(verification(now: 600)).first?.contains("signed 400 s after") == true)
        #expect(failures(verification(keys: ["a", "b"])).first?.contains("none of the 2 keys") == true)
        #expect(failures(verification("{")).first?.hasPrefix("event: not JSON") == true)
        #expect(failures(verification("{}")).first?.hasPrefix("event: not an event") == true)
        #expect(failures(verification(instanceID: "j")) == ["instance: i instead of j"])
        let other = Self.body.replacing("user.removed", with: "user.token.added")
        #expect(failures(verification(other)) == ["type: user.token.added is not in the catalogue: never published"])
    }
}
