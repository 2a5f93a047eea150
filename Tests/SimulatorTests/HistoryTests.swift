import Foundation
import TestSupport
import Testing

@testable import Simulator

@Suite("History")
struct HistoryTests {
    private func small() throws -> History {
        try History(try Fixtures.data("histories/small.jsonl"), path: "small.jsonl")
    }

    @Test("Bodies keep their bytes and their order")
    func order() throws {
        let history = try small()
        #expect(history.bodies.count == 400)
        struct Line: Decodable { var webhook: String }
        #expect(history.bodies == (try Fixtures.lines("histories/small.jsonl", as: Line.self).map(\.webhook)))
    }

    @Test("A seed decides shuffle and duplicates; none is lost")
    func shuffle() throws {
        func mixed(_ seed: UInt64) throws -> [String] {
            var generator = Simulator.SeededGenerator(seed: seed)
            var history = try small()
            history.duplicate(probability: 0.5, using: &generator)
            history.shuffle(using: &generator)
            return history.bodies
        }
        #expect(try mixed(1) == mixed(1))
        #expect(try mixed(1) != mixed(2))
        #expect((500...700).contains(try mixed(1).count))
        #expect(Set(try mixed(1)) == Set(try small().bodies))
        var generator = Simulator.SeededGenerator(seed: 1)
        var history = try small()
        history.duplicate(probability: 0, using: &generator)
        #expect(history.bodies.count == 400)
        history.duplicate(probability: 1, using: &generator)
        #expect(history.bodies.count == 800)
    }

    @Test("A line that is no history names file and line")
    func badLine() {
        #expect(throws: SimulatorError.invalid("f:2 is no JSON object with a text `webhook`")) {
            try History(Data("{\"webhook\":\"{}\"}\n{\"webhook\":1}\n".utf8), path: "f")
        }
        #expect(throws: SimulatorError.invalid("/nowhere cannot be read")) { try History(contentsOf: "/nowhere") }
    }
}
