import KafkaMockCluster
import TestSupport
import Testing

@testable import KafkaClient

@Suite struct TopicReviewTests {
    private let events = WantedTopic(
        name: "events", partitions: 12, configuration: [("cleanup.policy", "delete"), ("retention.ms", "-1")])
    private let cursor = WantedTopic(name: "cursor", partitions: 1, configuration: [("cleanup.policy", "compact")])

    private static let good = [
        "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1", "min.insync.replicas": "2",
        "unclean.leader.election.enable": "false",
    ]

    private func problems(
        _ wanted: WantedTopic, _ changes: [String: String] = [:], partitions: Int? = nil, replicas: Int = 3
    ) -> [TopicProblem] {
        var settings = Self.good
        if wanted.name == "cursor" { settings["cleanup.policy"] = "compact" }
        let found = TopicDescription(
            partitions: partitions ?? Int(wanted.partitions), replicationFactor: replicas,
            configuration: settings.merging(changes) { _, new in new })
        return found.problems(for: wanted)
    }

    @Test("Topics as they should be have no problem, nor have settings that do not matter to them")
    func good() {
        #expect(problems(events).isEmpty)
        #expect(problems(cursor).isEmpty)
        #expect(problems(cursor, ["retention.ms": "604800000"]).isEmpty)
    }

    @Test(
        "A setting that breaks a promise is a warning with the command that mends it",
        arguments: [
            ("cleanup.policy", "compact", "cleanup.policy=delete"),
            ("cleanup.policy", "compact,delete", "cleanup.policy=delete"),
            ("retention.ms", "604800000", "retention.ms=-1"), ("retention.bytes", "1000", "retention.bytes=-1"),
            ("min.insync.replicas", "4", "min.insync.replicas=3"),
            ("unclean.leader.election.enable", "true", "unclean.leader.election.enable=false"),
        ])
    func broken(setting: String, value: String, fix: String) throws {
        let found = problems(events, [setting: value])
        #expect(found.count == 1)
        let problem = try #require(found.first)
        #expect(problem.severity == .warning && problem.setting == setting && problem.found == value)
        #expect(problem.fix.contains("--entity-name events --add-config \(fix)"))
    }

    @Test("The only copy is a warning; one needed of several, or another number of partitions, is information")
    func copies() {
        #expect(problems(events, ["min.insync.replicas": "1"], replicas: 1).map(\.severity) == [.warning])
        #expect(problems(events, ["min.insync.replicas": "1"], replicas: 3).map(\.severity) == [.information])
        #expect(problems(events, partitions: 6).map(\.severity) == [.information])
    }

    @Test("The topic of an election has one partition and is compacted, and nothing else")
    func electionTopic() {
        #expect(problems(cursor, partitions: 2).map(\.setting) == ["partitions"])
        #expect(problems(cursor, partitions: 2).map(\.severity) == [.warning])
        for policy in ["delete", "compact,delete"] {
            let found = problems(cursor, ["cleanup.policy": policy])
            #expect(found.map(\.setting) == ["cleanup.policy"])
            #expect(found.map(\.severity) == [.warning])
        }
    }

    @Test("Of brokers that do not tell settings nothing is claimed but the partitions; a missing topic has no review")
    func unknown() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("cursor", partitions: 2)
        let producer = try KafkaProducer(cluster)
        let admin = KafkaAdmin(producer.handle, logger: .silent)
        let review = try #require(try await admin.review(cursor, timeout: .seconds(1)))
        #expect(!review.isComplete)
        #expect(review.problems.map(\.setting) == ["partitions"])
        #expect(try await admin.review(events, timeout: .seconds(1)) == nil)
    }

    @Test("The setup of topics warns once of each problem of a topic that was there")
    func setup() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("cursor", partitions: 2)
        let producer = try KafkaProducer(cluster)
        let lines = LogLines()
        let setup = TopicSetup(
            [cursor], admin: KafkaAdmin(producer.handle, logger: .silent), producer: producer, logger: lines.logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await setup.run() }
            try await eventually("a warning") { lines.count(containing: "only records of partition 0") > 0 }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(lines.count(containing: "warning A setting of the topic") == 1)
        #expect(lines.count(containing: "settings are not known") == 1)
    }

    @Test("A topic that nobody could create is asked for again, told of once, and does not hold up the next one")
    func setupAgain() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("events", partitions: 1)
        try cluster.createTopic("cursor", partitions: 2)
        // UNKNOWN_TOPIC_OR_PART: the mock cluster neither creates it on request nor by itself.
        cluster.setTopicError("events", 3)
        let producer = try KafkaProducer(cluster)
        let lines = LogLines()
        let setup = TopicSetup(
            [events, cursor], admin: KafkaAdmin(producer.handle, logger: lines.logger), producer: producer,
            logger: lines.logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await setup.run() }
            try await eventually("the other topic was looked at") {
                lines.count(containing: "only records of partition 0") > 0
            }
            cluster.setTopicError("events", 0)
            try await eventually("the topic was looked at") {
                lines.count(containing: "another number than the 12") > 0
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(lines.count(containing: "cannot be created") == 1)
        #expect(lines.count(containing: "only records of partition 0") == 1)
    }
}
