import Testing

@testable import ZitadelClient

@Suite("Retry policy")
struct RetryPolicyTests {
    let policy = RetryPolicy()
    let passing = ZitadelAPIError(.refused, status: 503, message: "")

    func pause(
        after attempt: Int = 1, _ error: ZitadelAPIError? = nil, canRepeat: Bool = true,
        elapsed: Duration = .zero, jitter: Double = 1
    ) -> Duration? {
        policy.pause(after: attempt, error ?? passing, canRepeat: canRepeat, elapsed: elapsed, jitter: jitter)
    }

    @Test("Pauses double and jitter takes up to a half")
    func doubling() {
        #expect(pause(after: 1) == .milliseconds(200))
        #expect(pause(after: 1, jitter: 0) == .milliseconds(100))
        #expect(pause(after: 3) == .milliseconds(800))
    }

    @Test("No pause is longer than five seconds")
    func longest() {
        var patient = RetryPolicy()
        patient.attemptsMax = 1000
        let pause = patient.pause(after: 900, passing, canRepeat: true, elapsed: .zero, jitter: 1)
        #expect(pause == .seconds(5))
    }

    @Test("It gives up after the last attempt, at the deadline, and when repeating is not safe")
    func givingUp() {
        #expect(pause(after: 4) == nil)
        #expect(pause(elapsed: .milliseconds(59_799)) == .milliseconds(200))
        #expect(pause(elapsed: .milliseconds(59_800)) == nil)
        #expect(pause(canRepeat: false) == nil)
    }

    @Test("What the server asks for counts when it is longer")
    func asked() {
        let asking = ZitadelAPIError(.refused, status: 429, message: "", retryAfter: 3)
        #expect(pause(asking) == .seconds(3))
        #expect(pause(ZitadelAPIError(.refused, status: 429, message: "", retryAfter: 0)) == .milliseconds(200))
        #expect(pause(asking, elapsed: .seconds(57)) == nil)
    }

    @Test("Only what may pass is repeated")
    func dispositions() {
        #expect(pause(ZitadelAPIError(.unreachable, message: "")) != nil)
        for kind in [ZitadelAPIError.Kind.malformedAnswer, .tooLarge, .cancelled] {
            #expect(pause(ZitadelAPIError(kind, status: 429, message: "")) == nil)
        }
        #expect(pause(ZitadelAPIError(.refused, status: 400, message: "")) == nil)
    }
}
