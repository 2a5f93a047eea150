import Testing
import ZitadelClient

@Suite("Refusals of Zitadel")
struct ErrorBodyTests {
    func refusal(_ status: Int, _ body: String) async throws -> ZitadelAPIError {
        let harness = try APIHarness(ScriptedServer(.answer(status, body)))
        return try #require(await failure { try await harness.api.instance() })
    }

    @Test("The gateway's form gives code, id and message")
    func gateway() async throws {
        let detail = #"{"@type":"type.googleapis.com/zitadel.v1.ErrorDetail","id":"COMMAND-17e8fq1ggk","message":"m"}"#
        let message = "Errors.Target.NotFound (COMMAND-17e8fq1ggk)"
        let error = try await refusal(404, #"{"code":5,"message":"\#(message)","details":[\#(detail)]}"#)
        #expect(error == ZitadelAPIError(.refused, status: 404, code: 5, id: "COMMAND-17e8fq1ggk", message: message))
        #expect(error.disposition == .stop)
        #expect(error.description == "HTTP 404: \(message)")
    }

    @Test(
        "Connect's form gives the same",
        arguments: ["ChJDT01NQU5ELTE3ZThmcTFnZ2sSAW0", "ChJDT01NQU5ELTE3ZThmcTFnZ2sSAW0="])
    func connect(_ value: String) async throws {
        let detail = #"{"type":"zitadel.v1.ErrorDetail","value":"\#(value)"}"#
        let error = try await refusal(404, #"{"code":"not_found","message":"","details":[\#(detail)]}"#)
        #expect(
            error == ZitadelAPIError(.refused, status: 404, code: 5, id: "COMMAND-17e8fq1ggk", message: "m"))
    }

    @Test("An id that stands in the message only is found")
    func idInMessage() async throws {
        let error = try await refusal(409, #"{"code":6,"message":"Errors.Target.AlreadyExists (COMMAND-x9)"}"#)
        #expect(error.id == "COMMAND-x9")
        #expect(error.code == 6)
    }

    @Test("A path that is not there is unsupported, a thing that is not there is not")
    func notFound() async throws {
        #expect(try await refusal(404, #"{"code":5,"message":"Not Found","details":[]}"#).disposition == .unsupported)
        #expect(try await refusal(404, "404 page not found\n").disposition == .unsupported)
        #expect(try await refusal(501, #"{"code":12,"message":"Method Not Allowed"}"#).disposition == .unsupported)
        #expect(try await refusal(405, "").disposition == .unsupported)
        #expect(try await refusal(404, #"{"code":5,"message":"gone (QUERY-1)"}"#).disposition == .stop)
    }

    @Test("A missing or weak token is unauthorized", arguments: [401, 403])
    func unauthorized(_ status: Int) async throws {
        let error = try await refusal(status, #"{"code":7,"message":"No matching permissions found (AUTH-5mWD2)"}"#)
        #expect(error.disposition == .unauthorized)
        #expect(error.id == "AUTH-5mWD2")
    }

    @Test(
        "Of anything else nothing is passed on",
        arguments: [
            "", "<html>PRIVATE</html>", "PRIVATE", "[\"PRIVATE\"]", "{\"other\":\"PRIVATE\"}",
            "{\"message\":{\"PRIVATE\":1}}",
            "{\"code\":{},\"message\":[\"PRIVATE\"],\"details\":\"PRIVATE\"}", String(repeating: "[", count: 100_000),
        ])
    func foreign(_ body: String) async throws {
        let error = try await refusal(403, body)
        #expect(error.status == 403)
        #expect(!"\(error)".contains("PRIVATE"))
        #expect(!error.message.isEmpty)
    }

    @Test("A damaged detail costs the id, not the error", arguments: ["", "!", "Cv8=", "Cv////8P", "ChJD", "/w=="])
    func damagedDetail(_ value: String) async throws {
        let error = try await refusal(
            400, #"{"code":"invalid_argument","message":"m","details":[{"value":"\#(value)"},7]}"#)
        #expect(error == ZitadelAPIError(.refused, status: 400, code: 3, message: "m"))
    }

    @Test("A message is one line of at most 300 characters, and an id is an id")
    func hostileText() async throws {
        let long = #"a\n\u001b[31m\u202e\u2028b"# + String(repeating: "e\u{301}", count: 1000)
        let error = try await refusal(
            400, #"{"code":3,"message":"\#(long)","details":[{"id":"X\n\u001b[0m"},{"id":"a b"}]}"#)
        #expect(error.message.unicodeScalars.count == 300)
        #expect(error.message.hasPrefix("a  [31m  b"))
        #expect(error.id == nil)
    }

    @Test("Unknown host names are explained")
    func unknownInstance() async throws {
        let error = try await refusal(404, "unable to set instance using origin &{PRIVATE}: Instance not found")
        #expect(error.message == "Zitadel has no instance for this host name")
    }

    @Test(
        "Answers without the members that the API promises are malformed",
        arguments: ["", "<html>", "{}", "{\"instance\":{}}"])
    func malformed(_ body: String) async throws {
        #expect(try await refusal(200, body).kind == .malformedAnswer)
    }
}
