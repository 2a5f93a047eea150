import Foundation
import TestSupport
import Testing

/// A short run each time; `./dev torture` sets TORTURE_RECORDS, TORTURE_SEED and TORTURE_STORE for others.
@Suite("Torture: consumers that are killed at random")
struct TortureTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let records = environment["TORTURE_RECORDS"].flatMap { Int($0) } ?? 20_000
    private static let seed = environment["TORTURE_SEED"].flatMap { UInt64($0) } ?? 1
    private static let kinds = StatePlace.Kind.allCases.filter { $0.rawValue == environment["TORTURE_STORE"] }
    /// A round for so many records, and no fewer than three.
    private static let recordsARound = 10_000

    @Test(
        "Offsets are never ahead of the state, and it ends as that of an undisturbed consumer does",
        arguments: kinds.isEmpty ? StatePlace.Kind.allCases : kinds)
    func killedAtRandom(_ kind: StatePlace.Kind) async throws {
        let start = ContinuousClock.now
        var run = try await TortureRun(records: Self.records, seed: Self.seed, kind)
        try await run.run(rounds: max(3, Self.records / Self.recordsARound))
        let (killed, undisturbed) = try await run.exports()
        let report = run.report
        print(
            """
            \(kind) seed \(Self.seed): \(report.records) records (\(report.doubles) of them doubles), \
            \(report.kills) kills, \(report.stops) stops, \
            \(report.deliveries - report.records) records delivered again at least, \
            \(report.checked) records checked against the state, \
            \(killed.split(separator: "\n").count) users, \(ContinuousClock.now - start)
            """)
        #expect(report.ahead.isEmpty, "seed \(Self.seed)")
        #expect(killed == undisturbed, "seed \(Self.seed)")
        #expect(killed.split(separator: "\n").count > Self.records / 100)
    }
}
