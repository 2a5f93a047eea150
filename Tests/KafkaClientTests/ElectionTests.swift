import KafkaClient
import KafkaMockCluster
import Logging
import TestSupport
import Testing

@Suite struct ElectionTests {
    /// The mock cluster draws a rebalance out to a second less than the session.
    private static let fast = [
        (name: "session.timeout.ms", value: "4000"), (name: "heartbeat.interval.ms", value: "100"),
    ]

    private func cluster() throws -> (KafkaMockCluster, KafkaProducer) {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("cursor", partitions: 1)
        return (cluster, try KafkaProducer(cluster))
    }

    private func member(
        _ cluster: KafkaMockCluster, _ properties: [(name: String, value: String)] = []
    ) throws -> KafkaElection {
        try KafkaElection(
            KafkaConfiguration(cluster, Self.fast + properties), topic: "cursor", group: "election", logger: .silent,
            observer: nil)
    }

    private func write(_ records: [(String, String?)], _ producer: KafkaProducer) async throws {
        let reports = ReportCount()
        let topic = try producer.topic("cursor")
        for (key, value) in records {
            try producer.produce(value, to: topic, key: key, CountingReceiver(reports))
        }
        try await producer.serve(until: records.count, reports)
        #expect(reports.failures.isEmpty)
    }

    /// Collects a member's events until the body has returned.
    private func following<Result: Sendable>(
        _ members: [KafkaElection], _ body: ([EventLog]) async throws -> Result
    ) async throws -> Result {
        let logs = members.map { _ in EventLog() }
        return try await withThrowingTaskGroup { group in
            for (member, log) in zip(members, logs) {
                group.addTask { while let event = try await member.next() { log.add(event) } }
            }
            let result = try await body(logs)
            for member in members { await member.close() }
            try await group.waitForAll()
            return result
        }
    }

    @Test("The only member is elected with the newest value of each key, and gets what comes later")
    func onlyMember() async throws {
        let (cluster, producer) = try cluster()
        try await write([("a", "1"), ("b", "1"), ("a", "2"), ("b", nil)], producer)
        let member = try member(cluster)
        #expect(!member.isElected)
        try await following([member]) { logs in
            try await eventually("elected") { member.isElected }
            try await write([("c", "3"), ("a", nil)], producer)
            try await eventually("three events") { logs[0].events.count == 3 }
            #expect(
                logs[0].events == [
                    .elected(latest: ["a".bytes: "2".bytes]), .record(key: "c".bytes, value: "3".bytes),
                    .record(key: "a".bytes, value: nil),
                ])
        }
        #expect(!member.isElected)
        #expect(try await member.next() == nil)
    }

    @Test("Of members that start together one is elected; when it closes another is, and reads what the first wrote")
    func succession() async throws {
        let (cluster, producer) = try cluster()
        // What the operator set for the consumer's group must not keep the partition with a member that left.
        let own = [
            (name: "group.instance.id", value: "same"), (name: "partition.assignment.strategy", value: "range"),
            (name: "group.id", value: "other"), (name: "auto.offset.reset", value: "latest"),
        ]
        let members = [try member(cluster, own), try member(cluster), try member(cluster, own)]
        try await following(members) { logs in
            for number in 1...3 {
                var elected: [Int] { members.indices.filter { members[$0].isElected } }
                try await eventually("one of \(4 - number) is elected") {
                    try #require(elected.count <= 1)
                    return elected.count == 1
                }
                let index = elected[0]
                let latest = number == 1 ? [:] : ["n".bytes: "\(number - 1)".bytes]
                // The member is elected before whoever follows it has been told.
                try await eventually("told so") { logs[index].events.last == .elected(latest: latest) }
                try await write([("n", "\(number)")], producer)
                await members[index].close()
            }
        }
    }

    @Test("An outage at the start and another one later end in an election each, and in no error")
    func outages() async throws {
        let (cluster, producer) = try cluster()
        try await write([("a", "1")], producer)
        cluster.setBroker(up: false)
        let member = try member(cluster)
        try await following([member]) { logs in
            #expect(logs[0].events.isEmpty)
            cluster.setBroker(up: true)
            try await eventually("elected") { member.isElected }
            cluster.setBroker(up: false)
            try await eventually("not elected without brokers") { !member.isElected }
            cluster.setBroker(up: true)
            try await eventually("elected again") { member.isElected }
            let elected = KafkaElection.Event.elected(latest: ["a".bytes: "1".bytes])
            try await eventually("three events") { logs[0].events.count == 3 }
            #expect(logs[0].events == [elected, .deposed, elected])
        }
    }

    @Test("A topic that is missing at the start is noticed when it is there")
    func topicLater() async throws {
        let (cluster, _) = try cluster()
        cluster.setTopicError("cursor", 3)
        let lines = LogLines()
        let member = try KafkaElection(
            KafkaConfiguration(cluster, Self.fast), topic: "cursor", group: "election", logger: lines.logger,
            observer: nil)
        try await following([member]) { logs in
            try await eventually("told of the missing topic") { lines.count(containing: "UNKNOWN_TOPIC") > 0 }
            cluster.setTopicError("cursor", 0)
            try await eventually("elected") { logs[0].events == [.elected(latest: [:])] }
        }
    }

    @Test("Offsets that a tool committed for the group hide no record from the elected one")
    func committedOffsets() async throws {
        let (cluster, producer) = try cluster()
        try await write([("a", "1")], producer)
        let tool = try GroupMember(cluster, "cursor", group: "election")
        _ = try await tool.read(commit: true) { $0.count == 1 }
        await tool.close()
        try await following([try member(cluster)]) { logs in
            try await eventually("elected") { logs[0].events == [.elected(latest: ["a".bytes: "1".bytes])] }
        }
    }

    @Test("A partition whose first records are gone is read from the first that is left")
    func truncated() async throws {
        let (cluster, producer) = try cluster()
        try await write([("gone", "1")], producer)
        // The mock cluster keeps 5 MiB.
        let large = String(repeating: "x", count: 60_000)
        for _ in 0..<15 { try await write(Array(repeating: ("a", large), count: 10), producer) }
        try await write([("a", "2")], producer)
        try await following([try member(cluster)]) { logs in
            try await eventually("elected") { logs[0].events == [.elected(latest: ["a".bytes: "2".bytes])] }
        }
    }

    @Test("Cancellation ends the waiting without an error")
    func cancelled() async throws {
        let (cluster, _) = try cluster()
        let member = try member(cluster)
        let event = try await withThrowingTaskGroup(of: KafkaElection.Event?.self) { group in
            group.addTask { try await member.next() }
            group.cancelAll()
            return try await group.next()
        }
        #expect(event == .some(nil))
        await member.close()
    }
}

extension String {
    fileprivate var bytes: [UInt8] { Array(utf8) }
}
