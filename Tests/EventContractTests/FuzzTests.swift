import EventContract
import Foundation
import TestSupport
import Testing

/// Runs for as long as FUZZ_SECONDS says (`./dev fuzz`): golden bodies, damaged at random, through everything that
/// reads what strangers wrote.
@Suite("Fuzzing")
struct FuzzTests {
    static let seconds = ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap { Int($0) } ?? 0
    static let seed = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) }

    @Test(
        "No damaged body traps, what is accepted is JSON, and what is published reads back", .enabled(if: seconds > 0))
    func damagedBodies() throws {
        let seed = Self.seed ?? UInt64(Date().timeIntervalSince1970)
        print("FUZZ_SEED=\(seed)")
        var random = SeededGenerator(seed: seed)
        let bodies = GoldenEvent.all.compactMap { $0.webhook.map { Array($0.utf8) } }.filter { !$0.isEmpty }
        let deadline = ContinuousClock.now + .seconds(Self.seconds)
        var runs = 0
        var published = 0
        while ContinuousClock.now < deadline {
            runs += 1
            let body = damaged(bodies.randomElement(using: &random) ?? [], with: bodies, &random)
            guard let result = try? Normalizing()(.webhook(body)) else { continue }
            #expect(throws: Never.self, "FUZZ_SEED=\(seed), run \(runs)") {
                try JSONSerialization.jsonObject(with: Data(body))
            }
            guard result.outcome == .record else { continue }
            published += 1
            let read = try CanonicalEvent(key: result.key.bytes, value: result.value.bytes)
            #expect(read.id == result.id, "FUZZ_SEED=\(seed), run \(runs)")
        }
        print("\(runs) bodies, \(published) published")
        #expect(published > 0)
    }

    private func damaged(_ body: [UInt8], with others: [[UInt8]], _ random: inout SeededGenerator) -> [UInt8] {
        var body = body
        for _ in 0..<Int.random(in: 1...4, using: &random) where !body.isEmpty {
            let index = Int.random(in: 0..<body.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: body[index] = UInt8.random(in: 0...255, using: &random)
            case 1: body.remove(at: index)
            case 2: body.insert(contentsOf: Array("\\\"{}[]:,\\ud800\\u0000".utf8).suffix(index % 24), at: index)
            case 3: body.removeSubrange(index..<min(index + 20, body.count))
            default:
                let other = others.randomElement(using: &random) ?? []
                body.replaceSubrange(index..., with: other.suffix(Int.random(in: 0...other.count, using: &random)))
            }
        }
        return body
    }
}
