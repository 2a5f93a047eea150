import Testing

@testable import ZitadelClient

@Suite("The token stays in its header")
struct SecrecyTests {
    @Test("No error, log line, dump or path holds it, even when the server repeats it")
    func nowhereElse() async throws {
        let server = ScriptedServer { request, index in
            let echo = request.headers["authorization"] ?? ""
            let statuses = [500, 503, 429, 400]
            return .answer(
                statuses[min(index, 3)], #"{"code":3,"message":"\#(echo)","details":[{"id":"\#(echo.dropFirst(7))"}]}"#,
                headers: ["x-echo: \(echo)"])
        }
        let harness = try APIHarness(server)
        let error = try #require(await failure { try await harness.api.instance() })
        #expect(error.status == 400)
        var dumped = ""
        dump(error, to: &dumped)
        dump(harness.api, to: &dumped)
        dump(harness.api.configuration, to: &dumped)
        let printed = ["\(error)", String(reflecting: error), dumped, "\(harness.api)"] + harness.logs.all
        #expect(printed.allSatisfy { !$0.contains("SECRET") })
        #expect(harness.logs.all.count == 3)
        #expect(server.requests.allSatisfy { !$0.path.contains("SECRET") })
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer \(APIHarness.token)" })
    }

    @Test("A redirect is not followed")
    func redirect() async throws {
        let elsewhere = ScriptedServer(.answer(200))
        let harness = try APIHarness(ScriptedServer(.answer(307, headers: ["location: \(elsewhere.url)/"])))
        let error = await failure { try await harness.api.instance() }
        #expect(error?.status == 307)
        #expect(error?.message.contains("redirect") == true)
        #expect(elsewhere.accepted == 0)
        #expect(harness.observer.all.map(\.outcome) == [.redirect])
    }

    @Test("The health check does without a token")
    func health() async throws {
        let server = ScriptedServer(.answer(200, "ok"), .answer(412, "not ready"))
        let harness = try APIHarness(server)
        try await harness.api.health()
        #expect(server.requests[0].path == "/debug/ready")
        #expect(server.requests[0].headers["authorization"] == nil)
        let error = await failure { try await harness.api.health() }
        #expect(error?.status == 412)
    }

    @Test("A secret shows nothing of itself")
    func secretText() {
        let secret = SecretText("hunter2")
        var dumped = ""
        dump([secret], to: &dumped)
        let printed = "\(secret) \(String(reflecting: secret)) \(String(describing: Optional(secret))) \(dumped)"
        #expect(!printed.contains("hunter2"))
    }

    @Test(
        "A token or host that would begin another header is refused",
        arguments: ["a\r\nb: c", "a b", "ü", "", "a\u{0}"])
    func headerInjection(_ text: String) throws {
        let url = try ZitadelBaseURL("zitadel")
        #expect(throws: ZitadelAPIConfiguration.Fault.token) {
            try ZitadelAPIConfiguration(baseURL: url, token: SecretText(text), userAgent: "x")
        }
        #expect(throws: ZitadelAPIConfiguration.Fault.instanceHost) {
            try ZitadelAPIConfiguration(baseURL: url, token: nil, instanceHost: text, userAgent: "x")
        }
    }

    @Test(
        "An address gets one form",
        arguments: [
            ("zitadel.example.com", "https://zitadel.example.com"), ("zitadel:8080", "https://zitadel:8080"),
            ("HTTP://zitadel:8080/", "http://zitadel:8080"), ("https://a/b/c//", "https://a/b/c"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ])
    func address(_ text: String, _ expected: String) throws {
        #expect(try ZitadelBaseURL(text).text == expected)
    }

    @Test(
        "An address that is none is refused",
        arguments: [
            ("ftp://a", .scheme), ("", .noHost), ("https://", .noHost), ("/path", .noHost), ("http://:80", .noHost),
            ("https://user:pw@a", .userInfo), ("user@a", .userInfo), ("https://a?x=1", .queryOrFragment),
            ("https://a/#x", .queryOrFragment), ("https://a b", .character), ("https://a\n", .character),
            (#"https://a\b"#, .character),
        ] as [(String, ZitadelBaseURL.Fault)])
    func badAddress(_ text: String, _ fault: ZitadelBaseURL.Fault) {
        #expect(throws: fault) { try ZitadelBaseURL(text) }
    }
}
