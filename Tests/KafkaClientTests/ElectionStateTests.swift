import Testing

@testable import KafkaClient

@Suite struct ElectionStateTests {
    private func receive(_ key: String, _ value: String?, _ state: inout ElectionState) -> KafkaElection.Event? {
        Array(key.utf8).withUnsafeBytes { key in
            guard let value else { return state.received(key: key, value: nil) }
            return Array(value.utf8).withUnsafeBytes { state.received(key: key, value: $0) }
        }
    }

    @Test("Nobody is elected before the end was read, and then with the newest value of each key")
    func readingFirst() {
        var state = ElectionState()
        #expect(state.reachedEnd() == nil)
        #expect(state.owns(term: 1) == nil)
        for (key, value) in [("a", "1"), ("b", "1"), ("a", "2"), ("b", nil)] {
            #expect(receive(key, value, &state) == nil)
        }
        #expect(state.reachedEnd() == .elected(latest: [Array("a".utf8): Array("2".utf8)]))
        #expect(state.reachedEnd() == nil)
        #expect(receive("c", "3", &state) == .record(key: Array("c".utf8), value: Array("3".utf8)))
        #expect(receive("c", nil, &state) == .record(key: Array("c".utf8), value: nil))
    }

    @Test("A partition lost in the middle of the first reading is read from its beginning again, and deposes nobody")
    func lostWhileReading() {
        var state = ElectionState()
        _ = state.owns(term: 1)
        _ = receive("a", "1", &state)
        #expect(state.owns(term: 3) == nil)
        _ = receive("b", "2", &state)
        #expect(state.reachedEnd() == .elected(latest: [Array("b".utf8): Array("2".utf8)]))
    }

    @Test("A partition that went and came straight back deposes first and elects anew", arguments: [nil, 2])
    func deposed(term: Int?) {
        var state = ElectionState()
        _ = state.owns(term: 1)
        _ = state.reachedEnd()
        #expect(state.owns(term: 1) == nil)
        #expect(state.owns(term: term) == .deposed)
        #expect(receive("a", "1", &state) == nil)
        #expect((state.reachedEnd() == nil) == (term == nil))
    }

    @Test("No more than the allowed keys are kept, and none that is too large; all are counted")
    func bounds() {
        var state = ElectionState()
        _ = state.owns(term: 1)
        for number in 0..<(KafkaElection.keysMax + 5) { _ = receive("\(number)", "x", &state) }
        _ = receive(String(repeating: "k", count: KafkaElection.keyBytesMax + 1), "x", &state)
        _ = receive("0", String(repeating: "v", count: KafkaElection.valueBytesMax + 1), &state)
        _ = state.received(key: nil, value: nil)
        #expect(state.takePassedOver() == 8)
        #expect(state.takePassedOver() == 0)
        // One that is known may still change, and a removed one makes room.
        _ = receive("1", "y", &state)
        _ = receive("2", nil, &state)
        _ = receive("new", "z", &state)
        guard case .elected(let latest) = state.reachedEnd() else {
            Issue.record("not elected")
            return
        }
        #expect(latest.count == KafkaElection.keysMax)
        #expect(latest[Array("0".utf8)] == Array("x".utf8))
        #expect(latest[Array("1".utf8)] == Array("y".utf8))
        #expect(latest[Array("new".utf8)] == Array("z".utf8))
        #expect(state.takePassedOver() == 0)
    }
}
