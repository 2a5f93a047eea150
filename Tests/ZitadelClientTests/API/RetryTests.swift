import Logging
import Testing
import ZitadelClient

@Suite("Repeating within a call")
struct RetryTests {
    static let event = EventSearch(eventTypes: ["user.removed"])

    @Test("What may pass is asked again, with growing pauses", arguments: [429, 500, 502, 503, 504])
    func repeats(_ status: Int) async throws {
        let server = ScriptedServer(.answer(status), .answer(status), .answer(status), .answer(200))
        let harness = try APIHarness(server)
        _ = try await harness.api.searchEvents(Self.event)
        #expect(server.requests.count == 4)
        let pauses = harness.pauses.all
        #expect(pauses.count == 3)
        for (pause, step) in zip(pauses, [200, 400, 800]) {
            #expect((.milliseconds(step / 2)...Duration.milliseconds(step)).contains(pause))
        }
    }

    @Test("After four attempts the last failure is thrown")
    func givesUp() async throws {
        let server = ScriptedServer(.answer(503))
        let harness = try APIHarness(server)
        let error = await failure { try await harness.api.searchEvents(Self.event) }
        #expect(error?.status == 503)
        #expect(error?.disposition == .retry)
        #expect(server.requests.count == 4)
        let refused = RequestLog.Entry(operation: .eventsSearch, outcome: .serverError)
        #expect(harness.observer.all == Array(repeating: refused, count: 4))
    }

    @Test("A no is a no", arguments: [301, 302, 307, 400, 401, 403, 404, 405, 409, 412, 422, 501])
    func refusals(_ status: Int) async throws {
        let server = ScriptedServer(.answer(status, headers: ["location: http://127.0.0.1:1/"]))
        let harness = try APIHarness(server)
        let error = await failure { try await harness.api.searchEvents(Self.event) }
        #expect(error?.kind == .refused)
        #expect(error?.status == status)
        #expect(error?.disposition != .retry)
        #expect(server.requests.count == 1)
        #expect(harness.pauses.all.isEmpty)
    }

    @Test("A broken connection and an answer that ends early are asked again")
    func transportFailures() async throws {
        let server = ScriptedServer(
            .bytes(""), .bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"), .answer(200, #"{"events":[]}"#))
        let harness = try APIHarness(server)
        let answer = try await harness.api.searchEvents(Self.event)
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"events":[]}"#)
        #expect(harness.observer.all.map(\.outcome) == [.unreachable, .unreachable, .success])
    }

    @Test("Retry-After is waited for, up to half a minute")
    func retryAfter() async throws {
        let patient = try APIHarness(ScriptedServer(.answer(429, headers: ["retry-after: 30"]), .answer(200)))
        _ = try await patient.api.searchEvents(Self.event)
        #expect(patient.pauses.all == [.seconds(30)])
        let server = ScriptedServer(.answer(503, headers: ["retry-after: 31"]))
        let impatient = try APIHarness(server)
        let error = await failure { try await impatient.api.searchEvents(Self.event) }
        #expect(error?.retryAfter == 31)
        #expect(server.requests.count == 1)
    }

    @Test("The whole call has a deadline")
    func deadline() async throws {
        var retry = RetryPolicy()
        retry.callMax = .milliseconds(300)
        let harness = try APIHarness(ScriptedServer(.silence).url, retry: retry)
        let error = await failure { try await harness.api.searchEvents(Self.event) }
        #expect(error?.kind == .unreachable)
        #expect(harness.observer.all.count == 1)
    }

    @Test("Creating a target is repeated only when it was surely not done")
    func creation() async throws {
        let wanted = TargetSpecification(name: "n", endpoint: "http://e", timeoutMilliseconds: 5000)
        for first in [ScriptedServer.Reply.answer(500), .answer(503), .bytes("")] {
            let server = ScriptedServer { request, _ in request.path.hasSuffix("/search") ? .answer(200) : first }
            let harness = try APIHarness(server)
            let error = await failure { try await harness.api.createTarget(wanted) }
            #expect(error?.disposition == .retry)
            #expect(server.requests.map(\.path) == ["/v2/actions/executions/search", "/v2/actions/targets"])
        }
        let server = ScriptedServer(.answer(200), .answer(429), .answer(200, #"{"id":"7","signingKey":"key"}"#))
        let harness = try APIHarness(server)
        #expect(try await harness.api.createTarget(wanted).id == "7")
        #expect(server.requests.count == 3)
    }

    @Test("A cancelled pause ends the call")
    func cancelledPause() async throws {
        let server = ScriptedServer(.answer(503))
        let configuration = try ZitadelAPIConfiguration(
            baseURL: ZitadelBaseURL(server.url), token: nil, userAgent: "test")
        let api = ZitadelAPI(
            configuration, logger: Logger(label: "api"), sleep: { _ in throw CancellationError() })
        let error = await failure { try await api.searchEvents(Self.event) }
        #expect(error?.kind == .cancelled)
        #expect(server.requests.count == 1)
    }

    @Test("A closed client answers nothing")
    func closed() async throws {
        let harness = try APIHarness(ScriptedServer(.answer(200)))
        harness.api.close()
        let error = await failure { try await harness.api.instance() }
        #expect(error?.kind == .cancelled)
    }
}
