import Testing

@testable import Bridge

@Suite("Versions of Zitadel")
struct RegistrationVersionTests {
    @Test(
        "A version is read with and without v, a pre-release as its release, anything else not at all",
        arguments: [
            ("v4.2.0", ZitadelVersion(4, 2, 0)), ("3.4.5", ZitadelVersion(3, 4, 5)),
            ("4.15.0-rc.1", ZitadelVersion(4, 15, 0)), ("v4.1.2+build.7", ZitadelVersion(4, 1, 2)), ("dev", nil),
            ("", nil), ("4.2", nil), ("4.x.1", nil), ("4..1", nil), ("4.-2.1", nil),
        ])
    func parsed(_ text: String, _ expected: ZitadelVersion?) {
        #expect(ZitadelVersion(text) == expected)
    }

    @Test(
        "Payloads are empty from 4.1.0 to 4.1.2 only",
        arguments: [("4.0.9", false), ("4.1.0", true), ("4.1.2", true), ("4.1.3", false), ("dev", false)])
    func emptyPayloads(_ text: String, _ expected: Bool) {
        #expect(VersionAdvice.emptiesPayloads(ZitadelVersion(text)) == expected)
    }

    @Test(
        "A known fault is a warning, in its versions only",
        arguments: [
            ("2.71.0", "no Actions v2"), ("3.4.5", nil), ("4.1.1", "#10650"), ("4.10.9", nil), ("4.11.0", "#12225"),
            ("4.15.3", "#12225"), ("4.16.0", nil), ("dev", nil),
        ])
    func faults(_ text: String, _ expected: String?) {
        let warnings = VersionAdvice.warnings(ZitadelVersion(text), endpoint: "https://bridge.example.com/x")
        #expect(warnings.count == (expected == nil ? 0 : 1))
        if let expected { #expect(warnings.first?.problem.contains(expected) == true) }
    }

    @Test(
        "An endpoint that this version denies by default is a warning that names the setting",
        arguments: [
            ("http://127.0.0.1:8094/x", "4.11.0", false), ("http://localhost/x", "4.11.1", true),
            ("http://[::1]:80/x", "4.11.1", true), ("http://bridge:8094/x", "4.15.1", false),
            ("http://bridge:8094/x", "4.15.2", true), ("http://10.1.2.3/x", "4.17.0", true),
            ("http://172.32.0.1/x", "4.17.0", false), ("http://bridge.zitadel.svc/x", "dev", true),
            ("https://u@192.168.1.1?x", "4.17.0", true), ("https://bridge.example.com/x", "4.17.0", false),
        ])
    func denied(_ endpoint: String, _ version: String, _ expected: Bool) {
        let warnings = VersionAdvice.warnings(ZitadelVersion(version), endpoint: endpoint)
        #expect(warnings.contains { $0.fix.contains("ZITADEL_HTTPCLIENT_DENYLIST") } == expected)
    }
}
