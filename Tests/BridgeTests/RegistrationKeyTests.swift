import ServiceRuntime
import Testing

@testable import Bridge

@Suite("Accepted signing keys")
struct RegistrationKeyTests {
    private let start = ContinuousClock.now

    private func texts(_ ring: KeyRing) -> [String] { ring.accepted.map(\.text) }

    @Test("A replaced key stays accepted for the queue's lifetime plus the tolerance, and not longer")
    func replaced() {
        var ring = KeyRing(configured: [], tolerance: .seconds(60))
        let firstIsNew = ring.learned(["old"], at: start)
        #expect(firstIsNew)
        let secondIsNew = ring.learned(["new"], at: start + .seconds(10))
        #expect(secondIsNew)
        #expect(texts(ring) == ["new", "old"])
        #expect(ring.nextExpiry == start + .seconds(370))
        let expiredEarly = ring.expire(at: start + .seconds(369))
        #expect(!expiredEarly)
        #expect(texts(ring) == ["new", "old"])
        let expired = ring.expire(at: start + .seconds(370))
        #expect(expired)
        #expect(texts(ring) == ["new"])
        #expect(ring.nextExpiry == nil)
    }

    @Test("Configured keys never expire, and a key counts once")
    func configured() {
        var ring = KeyRing(configured: ["own", "own", ""], tolerance: .zero)
        let configuredIsNew = ring.learned(["own"], at: start)
        #expect(!configuredIsNew)
        let otherIsNew = ring.learned(["other"], at: start)
        #expect(otherIsNew)
        _ = ring.expire(at: start + .seconds(86_400))
        #expect(texts(ring) == ["own", "other"])
    }

    @Test("The key of a target that was deleted expires, and one that comes back stays")
    func comesBack() {
        var ring = KeyRing(configured: [], tolerance: .zero)
        _ = ring.learned(["key"], at: start)
        let noneIsNew = ring.learned([], at: start)
        #expect(!noneIsNew)
        #expect(texts(ring) == ["key"])
        let sameIsNew = ring.learned(["key"], at: start)
        #expect(!sameIsNew)
        #expect(ring.nextExpiry == nil)
    }

    @Test("Replaced keys are bounded: the oldest goes first")
    func bounded() {
        var ring = KeyRing(configured: [], tolerance: .zero)
        for number in 0..<20 { _ = ring.learned(["key\(number)"], at: start) }
        #expect(ring.accepted.count == 1 + KeyRing.retiredMax)
        #expect(!texts(ring).contains("key10"))
        #expect(texts(ring).contains("key11"))
    }

    @Test("A key does not show in its description")
    func hidden() {
        #expect(!"\(AcceptedKey(text: "98KmsU67", expiresAt: nil))".contains("98K"))
    }

    @Test("Unknown keys make us read the target at once, then once an interval, and none is forgotten")
    func limited() {
        var limiter = RereadLimiter(interval: .seconds(10))
        #expect(limiter.due == nil)
        limiter.unknownKeySeen(at: start)
        #expect(limiter.due == start)
        limiter.readingStarted(at: start)
        #expect(limiter.due == nil)
        for second in 1..<10 { limiter.unknownKeySeen(at: start + .seconds(second)) }
        #expect(limiter.due == start + .seconds(10))
        limiter.readingStarted(at: start + .seconds(10))
        limiter.unknownKeySeen(at: start + .seconds(60))
        #expect(limiter.due == start + .seconds(60))
    }

    @Test("A reading that failed comes again an interval after it began, and at once where it took longer")
    func failedReading() {
        var limiter = RereadLimiter(interval: .seconds(10))
        limiter.readingStarted(at: start)
        limiter.unknownKeySeen(at: start + .seconds(1))
        #expect(limiter.due == start + .seconds(10))
        limiter.readingStarted(at: start + .seconds(10))
        limiter.unknownKeySeen(at: start + .seconds(70))
        #expect(limiter.due == start + .seconds(70))
    }

    @Test("A failed comparison comes again after growing pauses, a successful one after the interval")
    func scheduled() {
        var schedule = RegistrationSchedule(
            interval: .seconds(300), backoff: Backoff(initial: .seconds(1), maximum: .seconds(60)),
            rereadInterval: .seconds(10), start: start)
        #expect(schedule.next(at: start, keyExpiry: nil) == .compare)
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            schedule.comparisonFailed(at: start, jitter: 1)
            #expect(schedule.next(at: start, keyExpiry: nil) == .wait(until: start + .seconds(seconds)))
        }
        #expect(schedule.failures == 8)
        schedule.comparisonSucceeded(at: start)
        #expect(schedule.failures == 0)
        #expect(schedule.next(at: start, keyExpiry: nil) == .wait(until: start + .seconds(300)))
        #expect(schedule.next(at: start + .seconds(300), keyExpiry: nil) == .compare)
    }

    @Test("Reading keys, expiring them and a missing target do not wait for the interval")
    func interrupted() {
        var schedule = RegistrationSchedule(
            interval: .seconds(300), backoff: Backoff(initial: .seconds(1), maximum: .seconds(60)),
            rereadInterval: .seconds(10), start: start)
        schedule.comparisonSucceeded(at: start)
        #expect(schedule.next(at: start, keyExpiry: start + .seconds(5)) == .wait(until: start + .seconds(5)))
        #expect(schedule.next(at: start + .seconds(5), keyExpiry: start + .seconds(5)) == .expireKeys)
        schedule.unknownKeySeen(at: start)
        #expect(schedule.next(at: start, keyExpiry: nil) == .readKeys)
        schedule.keyReadingStarted(at: start)
        schedule.targetMissing(at: start)
        #expect(schedule.next(at: start, keyExpiry: nil) == .compare)
    }
}
