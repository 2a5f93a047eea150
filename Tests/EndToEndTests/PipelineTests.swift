import Foundation
import TestSupport
import Testing

@Suite("The whole pipeline, in processes of its own")
struct PipelineTests {
    @Test("Histories end in the golden state, whatever order they come in; all four stop on SIGTERM")
    func histories() async throws {
        let pipeline = try await Pipeline()
        let bridge = try await pipeline.startBridge()
        let consumer = try await pipeline.startConsumer()
        try await bridge.untilReady()
        try await consumer.untilReady()

        // A grant's later events name no user: until the poll finds the grant, its first event has to come before them.
        let grants = try grantsAdded(in: pipeline.folder)
        let first = try await pipeline.startSimulator(posting: grants.path, to: bridge, label: "simulator-1")
        let grantStatistics = try await first.untilDelivered()
        #expect(grantStatistics.delivered == grants.count)
        #expect(try await first.process.terminate() == .exited(0))
        let second = try await pipeline.startSimulator(
            posting: fixture("histories/small.jsonl"), to: bridge, ["--shuffle", "--duplicate", "0.3", "--seed", "7"],
            label: "simulator-2")
        let statistics = try await second.untilDelivered()
        #expect(statistics.refused.isEmpty, "nothing is missing")
        #expect(statistics.unreachable == 0 && statistics.dropped == 0)
        #expect(statistics.delivered > 400)
        #expect(try await second.process.terminate() == .exited(0))

        try await untilConsumed(everythingOf: bridge, by: consumer)
        let golden = String(decoding: try Fixtures.data("histories/small.export.jsonl"), as: UTF8.self)
        expectSameLines(try await pipeline.export(), golden)

        #expect(try await bridge.process.terminate() == .exited(0))
        #expect(try await consumer.process.terminate() == .exited(0))
        #expect(try await pipeline.broker.terminate() == .exited(0))
    }

    private func untilConsumed(everythingOf bridge: Pipeline.Running, by consumer: Pipeline.Running) async throws {
        let published = try await bridge.ops.metric("bridge_events_total{path=\"webhook\",outcome=\"published\"}")
        try await eventually(within: .seconds(20), "\(published) records are consumed") {
            try await consumer.ops.consumed() >= published
        }
        #expect(try await consumer.ops.consumed() == published)
        #expect(try await consumer.ops.outcomeSum() == published)
        #expect(try await consumer.ops.metric("consumer_records_total{outcome=\"set_aside\"}") == 0)
    }

    /// A history of nothing but the grants' first events.
    private func grantsAdded(in folder: TemporaryFolder) throws -> (path: String, count: Int) {
        let lines = try Fixtures.data("histories/small.jsonl").split(separator: UInt8(ascii: "\n"))
            .filter { $0.range(of: Data("\\\"event_type\\\":\\\"user.grant.added\\\"".utf8)) != nil }
        try #require(!lines.isEmpty)
        let path = folder.path("grants.jsonl")
        try lines.map { $0 + [UInt8(ascii: "\n")] }.reduce(Data(), +).write(to: URL(fileURLWithPath: path))
        return (path, lines.count)
    }

    private func fixture(_ name: String) -> String {
        Fixtures.repository.appendingPathComponent("Tests/Fixtures").appendingPathComponent(name).path
    }
}

/// Compares line by line, so that a failure shows the first line that differs and not the whole export.
func expectSameLines(_ found: String, _ wanted: String) {
    if found == wanted { return }
    let found = found.split(separator: "\n", omittingEmptySubsequences: false)
    let wanted = wanted.split(separator: "\n", omittingEmptySubsequences: false)
    let index = zip(found, wanted).prefix { $0 == $1 }.count
    let line = { (lines: [Substring]) in index < lines.count ? lines[index] : "(end)" }
    #expect(line(found) == line(wanted))
    #expect(found.count == wanted.count)
}
