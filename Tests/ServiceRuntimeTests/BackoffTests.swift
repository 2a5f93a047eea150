import ServiceRuntime
import Testing

@Suite("Backoff")
struct BackoffTests {
    @Test("Waits double up to the maximum and start small again after a success")
    func doubling() {
        var backoff = Backoff(initial: .milliseconds(100), maximum: .milliseconds(350))
        let waits = (0..<4).map { _ in backoff.attemptFailed(jitter: 1) }
        #expect(waits.map { ($0 / .milliseconds(1)).rounded() } == [100, 200, 350, 350])
        backoff.attemptSucceeded()
        #expect((backoff.attemptFailed(jitter: 1) / .milliseconds(1)).rounded() == 100)
    }

    @Test("Randomness takes away at most a half")
    func jitter() {
        var backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(1))
        #expect(backoff.attemptFailed(jitter: 0) == .milliseconds(50))
        for _ in 0..<100 {
            let wait = backoff.attemptFailed()
            #expect(wait >= .milliseconds(50) && wait <= .seconds(1))
        }
    }
}

@Suite("Wall clock")
struct WallClockTests {
    @Test(
        "Times are RFC 3339 in UTC with six digits",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (1_767_323_045_678_901, "2026-01-02T03:04:05.678901Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (4_107_542_399_000_001, "2100-02-28T23:59:59.000001Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func rfc3339(microseconds: Int64, text: String) {
        #expect(WallClock.rfc3339(microseconds) == text)
    }
}
