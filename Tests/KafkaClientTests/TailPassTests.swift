import Testing

@testable import KafkaClient

@Suite struct TailPassTests {
    private let logs: [Int32: OffsetBounds] = [
        0: OffsetBounds(low: 0, high: 10), 1: OffsetBounds(low: 5, high: 105), 2: OffsetBounds(low: 7, high: 7),
    ]

    private func starts(_ young: [Int32: Int64], recordsMax: Int) -> [Int32: Int64] {
        TailPosition.first(logs, young: young, since: 0, recordsMax: recordsMax).mapValues(\.next)
    }

    @Test("What the brokers tell of the offsets of a time is believed, also that there is none")
    func offsetsOfTimes() {
        #expect(starts([1: 100], recordsMax: 1000) == [0: 10, 1: 100, 2: 7])
        // Retention was faster than the answer.
        #expect(starts([1: 2], recordsMax: 1000) == [0: 10, 1: 5, 2: 7])
    }

    @Test("Brokers that know no offsets of times make everything be looked at, up to the limit, the newest first")
    func watermarks() {
        #expect(starts([:], recordsMax: 1000) == [0: 0, 1: 5, 2: 7])
        #expect(starts([:], recordsMax: 50) == [0: 0, 1: 65, 2: 7])
        #expect(starts([:], recordsMax: 11) == [0: 5, 1: 100, 2: 7])
        #expect(starts([:], recordsMax: 1) == [0: 10, 1: 105, 2: 7])
    }

    @Test("Fair shares use the whole, and never more", arguments: 1...40)
    func shares(total: Int64) {
        let wishes: [Int64] = [3, 0, 9, 20, 1]
        let share = TailPosition.fairShare(of: total, among: wishes)
        let taken = wishes.reduce(0) { $0 + min($1, share) }
        let next = wishes.reduce(0) { $0 + min($1, share + 1) }
        #expect(taken <= total)
        #expect(next > total || taken == wishes.reduce(0, +))
    }

    @Test("Only what was there at the first look is judged by its age")
    func ages() {
        let position = TailPosition(next: 0, deliversAllFrom: 10, since: 500)
        #expect(!position.wants(offset: 9, timestamp: 499))
        #expect(position.wants(offset: 9, timestamp: 500))
        #expect(position.wants(offset: 9, timestamp: nil))
        #expect(position.wants(offset: 10, timestamp: 0))
    }

    @Test("A position outside the log begins anew at the oldest record", arguments: [(4, 5), (5, 5), (9, 9), (10, 5)])
    func outside(next: Int64, moved: Int64) {
        var position = TailPosition(next: next, deliversAllFrom: 0, since: 0)
        position.moveInto(OffsetBounds(low: 5, high: 9))
        #expect(position.next == moved)
    }

    @Test("A pass ends at the ends it began with, and the next one goes on there")
    func pass() {
        let positions = TailPosition.first(logs, young: [0: 8, 1: 103], since: 0, recordsMax: 100)
        var pass = TailPass(positions, logs)
        #expect(pass.ends == [0: 10, 1: 105])
        // 7 was read before, 10 written since.
        let taken = [8, 7, 9, 10].map { pass.received(0, offset: $0) }
        #expect(taken == [true, false, true, false])
        // The last offset was a transaction's marker.
        let last = pass.received(1, offset: 103)
        #expect(last && !pass.isComplete)
        pass.reachedEnd(1, offset: 105)
        #expect(pass.isComplete)
        #expect(pass.positions.mapValues(\.next) == [0: 10, 1: 105, 2: 7])
    }

    @Test("Gaps that reach over the end end a pass")
    func gap() {
        let positions = TailPosition.first(logs, young: [0: 8], since: 0, recordsMax: 100)
        var pass = TailPass(positions, logs)
        let isTaken = pass.received(0, offset: 12)
        #expect(!isTaken)
        #expect(pass.isComplete)
        #expect(pass.positions[0]?.next == 10)
    }
}
