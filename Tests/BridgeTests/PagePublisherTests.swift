import EventContract
import Foundation
import KafkaClient
import KafkaMockCluster
import TestSupport
import Testing

@testable import Bridge

@Suite("Publishing pages of the events search")
struct PagePublisherTests {
    private static let golden = GoldenEvent.all.filter { $0.env.isEmpty && $0.search != nil }

    private func page(_ items: [[UInt8]]) throws -> EventSearchPage {
        try EventSearchPage(
            Array(#"{"events":["#.utf8) + items.joined(separator: [UInt8(ascii: ",")]) + Array("]}".utf8))
    }

    @Test("Every golden event becomes the golden record; a second time nothing is published, by either way")
    func goldenEvents() async throws {
        try await BridgeHarness.run { bridge async throws in
            let page = try page(Self.golden.compactMap(\.search))
            let expected = Set(
                Self.golden.filter { $0.reason == nil }.compactMap { $0.record.map { UTF8Text($0.value) } })
            let items = Array(page.items.indices)
            let first = try await bridge.publisher.publish(page, items, path: .poll)
            #expect(first.published == expected.count)
            #expect(
                first.published + first.duplicates + first.withheld + first.incomplete + first.malformed
                    + first.held.count == items.count)
            let records = try await bridge.records(expected.count)
            #expect(Set(records.map(\.value)) == expected)
            #expect(records.allSatisfy { $0.header("bridge-path") == "poll" && $0.header("traceparent") == nil })
            let second = try await bridge.publisher.publish(page, items, path: .sweep)
            #expect(second.published == 0)
            #expect(second.duplicates == first.published + first.duplicates)
            for event in Self.golden where event.record != nil && event.reason == nil {
                #expect(try await bridge.post(event.webhook ?? "").status == 204)
            }
            #expect(try await bridge.events("published") == 0)
        }
    }

    @Test("A path's place in the metrics is its place among the paths")
    func places() {
        #expect(EventPath.allCases.map(\.metricIndex) == Array(EventPath.allCases.indices))
    }

    @Test("A page larger than what may be in flight is published whole, and webhooks are answered meanwhile")
    func largePage() async throws {
        try await BridgeHarness.run { bridge async throws in
            bridge.cluster.setRoundTrip(milliseconds: 20)
            let page = try page((1...5000).map { Array(Self.item(sequence: $0).utf8) })
            async let outcome = bridge.publisher.publish(page, Array(page.items.indices), path: .backfill)
            #expect(try await bridge.post(BridgeHarness.event(user: "310000000000000002")).status == 204)
            #expect(try await outcome.published == 5000)
        }
    }

    @Test("What Kafka does not take fails the page, after every record has its report")
    func outage() async throws {
        try await BridgeHarness.run(environment: ["KAFKA_MESSAGE_TIMEOUT_MS": "1000"]) { bridge async throws in
            bridge.cluster.setBroker(up: false)
            let page = try page((1...10).map { Array(Self.item(sequence: $0).utf8) })
            await #expect(throws: PublishError.self) {
                try await bridge.publisher.publish(page, Array(page.items.indices), path: .poll)
            }
            #expect(try await bridge.events("kafka_failed", path: "poll") == 10)
            bridge.cluster.setBroker(up: true)
            try await bridge.untilReady()
            let again = try await bridge.publisher.publish(page, Array(page.items.indices), path: .poll)
            #expect(again.published == 10)
        }
    }

    @Test("A grant whose user nobody knows is held, and published once the user is learned")
    func unresolvedGrant() async throws {
        try await BridgeHarness.run { bridge async throws in
            let item = """
                {"aggregate":{"id":"320000000000000009","type":{"type":"usergrant"}},"sequence":"4",\
                "creationDate":"2026-01-02T03:04:05.600Z","type":{"type":"user.grant.cascade.removed"}}
                """
            let page = try page([Array(item.utf8)])
            let grant: UTF8Text = "320000000000000009"
            #expect(page.items[0].grantWithoutUser == grant)
            let held = try await bridge.publisher.publish(page, [0], path: .poll).held
            #expect(held.map(\.reason) == [.unresolvedSubject(grant: grant)])
            #expect(held.first?.id == "usergrant/320000000000000009/4")
            await bridge.publisher.learn([grant: "310000000000000001"])
            #expect(try await bridge.publisher.publish(page, [0], path: .poll).published == 1)
            #expect(try await bridge.records(1)[0].key == "310000000000000001")
        }
    }

    private static func item(sequence: Int) -> String {
        """
        {"aggregate":{"id":"310000000000000001","type":{"type":"user"}},"sequence":"\(sequence)",\
        "creationDate":"2026-01-02T03:04:05.678901Z","type":{"type":"user.locked"}}
        """
    }
}
