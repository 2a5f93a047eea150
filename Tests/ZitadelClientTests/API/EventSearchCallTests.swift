import EventContract
import Testing
import ZitadelClient

@Suite("Events search call")
struct EventSearchCallTests {
    @Test("The request is what Zitadel's admin API takes")
    func request() async throws {
        let server = ScriptedServer(.answer(200))
        let harness = try APIHarness(server.url + "/zitadel/", instanceHost: "id.example.com")
        let early = try #require(EventTime(microsecondsSinceEpoch: 1_767_323_045_678_901))
        let late = try #require(EventTime(microsecondsSinceEpoch: 1_767_323_046_000_000))
        _ = try await harness.api.searchEvents(EventSearch(eventTypes: ["user.removed"], window: .after(early)))
        var search = EventSearch(eventTypes: [], window: .between(early, late), limit: 7)
        search.aggregateTypes = ["user", "usergrant"]
        search.aggregateID = "310"
        search.sequence = 5
        search.isAscending = false
        _ = try await harness.api.searchEvents(search)
        let first = server.requests[0]
        #expect(first.method == "POST")
        #expect(first.path == "/zitadel/admin/v1/events/_search")
        #expect(first.headers["authorization"] == "Bearer \(APIHarness.token)")
        #expect(first.headers["x-zitadel-instance-host"] == "id.example.com")
        #expect(first.headers["user-agent"] == "zitadel-bridge/test")
        #expect(first.headers["content-type"] == "application/json")
        #expect(first.headers["expect"] == nil)
        #expect(
            first.body
                == #"{"asc":true,"eventTypes":["user.removed"],"from":"2026-01-02T03:04:05.678901Z","limit":1000}"#)
        let second =
            #"{"aggregateId":"310","aggregateTypes":["user","usergrant"],"asc":false,"limit":7,"range":"#
            + #"{"since":"2026-01-02T03:04:05.678901Z","until":"2026-01-02T03:04:06.000000Z"},"sequence":"5"}"#
        #expect(server.requests[1].body == second)
    }

    @Test("The answer is passed on as it is, with the distance of the clocks")
    func answer() async throws {
        let body = #" {"events":[{"sequence":"3"}]}"#
        let harness = try APIHarness(
            ScriptedServer(.answer(200, body, headers: ["date: Fri, 02 Jan 2026 03:04:05 GMT"])))
        let answer = try await harness.api.searchEvents(EventSearch(eventTypes: []))
        #expect(String(decoding: answer.body, as: UTF8.self) == body)
        let offset = try #require(answer.clockOffset)
        // The machine that runs this test is in the year of its authors or later.
        #expect(offset != 0)
        let plain = try APIHarness(ScriptedServer(.answer(200)))
        #expect(try await plain.api.searchEvents(EventSearch(eventTypes: [])).clockOffset == nil)
    }

    @Test("A page that no JSON can be is a malformed answer", arguments: ["", "<html>", "[]", "\"\""])
    func malformed(_ body: String) async throws {
        let harness = try APIHarness(ScriptedServer(.answer(200, body)))
        let error = await failure { try await harness.api.searchEvents(EventSearch(eventTypes: [])) }
        #expect(error?.kind == .malformedAnswer)
        #expect(harness.observer.all.map(\.outcome) == [.malformedAnswer])
    }

    @Test("More than Zitadel can send means asking for less, not waiting")
    func largerThanZitadelSends() async throws {
        let message = "grpc: received message larger than max (5242880 vs. 4194304)"
        let server = ScriptedServer(.answer(429, #"{"code":8,"message":"\#(message)","details":[]}"#))
        let harness = try APIHarness(server)
        let error = await failure { try await harness.api.searchEvents(EventSearch(eventTypes: [])) }
        #expect(error?.kind == .tooLarge)
        #expect(error?.disposition == .askForLess)
        #expect(server.requests.count == 1)
    }

    @Test("More than we take means asking for less; the size of a refusal does not")
    func largerThanWeTake() async throws {
        let big = "{\"events\":[" + String(repeating: " ", count: 16 << 20) + "]}"
        let server = ScriptedServer(.answer(200, big), .answer(400, big))
        let harness = try APIHarness(server)
        let first = await failure { try await harness.api.searchEvents(EventSearch(eventTypes: [])) }
        #expect(first?.disposition == .askForLess)
        let second = await failure { try await harness.api.searchEvents(EventSearch(eventTypes: [])) }
        #expect(second?.kind == .refused)
        #expect(second?.status == 400)
    }
}
