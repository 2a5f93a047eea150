import Testing

@testable import Bridge

@Suite("The status of a bridge as text")
struct StatusDocumentTests {
    private static let json = """
        {"version":"0.1.0","time":"2026-01-02T03:04:05.000000Z","zitadel":{"instance":"290","version":"v4.13.1"},\
        "registration":{"state":"failed","problem":"Zitadel refuses the endpoint","fix":"Correct it."},\
        "polling":{"elected":true,"polling":false,"next_in_ms":65000,\
        "cursor":{"time":"2026-01-02T03:00:00.000000Z","age_ms":245000},"failures_in_a_row":2,"given_up":0,"gaps":0,\
        "latest":{"path":"poll","started_at":"2026-01-02T03:04:00.000000Z","duration_ms":35,"result":"complete",\
        "questions":3,"events":4,"published":1,"duplicates":2,"withheld":0,"incomplete":0,"malformed":0,"held":1,\
        "held_events":[{"id":"usergrant/1/2","time":"2026-01-02T03:00:00.000000Z","reason":"nobody knows"}]}},\
        "events":{"webhook":{"published":12,"unknown_type":3,"created_to_published_mean_ms":41},\
        "poll":{"published":1},"sweep":{"published":0},"backfill":{"published":0},"duplicates_in_topic":0}}
        """

    @Test("Registration with its fix, cursor with its age, held events with their reason, events in a table")
    func text() throws {
        let document = try #require(StatusDocument(Array(Self.json.utf8)))
        let text = document.text(url: "http://127.0.0.1:9094", isReady: false, problems: ["kafka: away"])
        #expect(
            text == """
                bridge 0.1.0 at http://127.0.0.1:9094: not ready
                ! kafka: away
                zitadel       instance 290, version v4.13.1
                registration  failed
                ! Zitadel refuses the endpoint
                  fix: Correct it.
                polling       elected; next in 1m05s; 2 failures in a row
                cursor        2026-01-02T03:00:00.000000Z, 4m05s ago
                last poll     complete, 2026-01-02T03:04:00.000000Z, took 35 ms: 4 events read, 1 published, \
                2 already there
                held          1 until the next poll
                ! usergrant/1/2: nobody knows
                events               webhook      poll     sweep  backfill
                  published               12         1         0         0
                  unknown_type             3         0         0         0
                  mean ms                 41         -         -         -
                                  (from the event's creation to its acknowledgement by Kafka)

                """)
    }

    @Test("What is no status is none", arguments: ["", "{}", "[]", "<html>"])
    func other(_ text: String) {
        #expect(StatusDocument(Array(text.utf8)) == nil)
    }
}
