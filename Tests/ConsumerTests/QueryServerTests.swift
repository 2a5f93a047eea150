import EventContract
import KafkaMockCluster
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Consumer
@testable import KafkaClient

@Suite("The query API over HTTP")
struct QueryServerTests {
    private static func filled() throws -> TemporaryState {
        let state = try TemporaryState()
        _ = try state.store().apply([
            EventMaker.created("u+1", 1, at: 1), EventMaker.organization("added", "o1", 1, at: 1),
            EventMaker.granted("g1", to: "u+1", roles: "r\u{f4} le", at: 2),
        ])
        return state
    }

    private func run(
        _ environment: [String: String] = [:], _ body: (Int) async throws -> Void
    ) async throws {
        try await ProcessorHarness.run(try ProcessorHarness.makeCluster(), try Self.filled(), environment) { consumer in
            try await body(consumer.queryPort)
        }
    }

    private func get(_ path: String, _ port: Int, _ headers: [(String, String)] = []) async throws -> HTTPAnswer {
        try await HTTPExchange.send("GET", port: port, path: path, headers: headers)
    }

    @Test("Every resource answers from the state")
    func resources() async throws {
        try await run { port in
            let user = try await get("/v1/users/u+1", port)
            #expect(user.status == 200 && user.headers["content-type"] == "application/json")
            #expect(user.body.hasPrefix("{\"userId\":\"u+1\",\"orgId\":\"o1\",\"kind\":\"human\""))
            let access = "\"access\":[{\"orgId\":\"o1\",\"projectId\":\"p1\",\"roleKeys\":[\"r\u{f4} le\"]}]}"
            #expect(try await get("/v1/users/u%2B1/access", port).body == "{\"userId\":\"u+1\",\(access)")
            let account = "\"user\":{\"orgId\":\"o1\",\"kind\":\"human\",\"state\":\"active\",\"username\":\"u+1-1\"}"
            let context = "{\"userId\":\"u+1\",\(account),\"groups\":[],"
            #expect(try await get("/v1/access?user=u+1", port).body == context + access)
            #expect(try await get("/v1/access?user=u+1&project=p1", port).body == context + access)
            #expect(try await get("/v1/access?user=u+1&project=p2", port).body == context + "\"access\":[]}")
            let nobody = "{\"userId\":\"u9\",\"user\":null,\"groups\":[],\"access\":[]}"
            #expect(try await get("/v1/access?user=u9", port).body == nobody)
            let check = "/v1/check?user=u+1&project=p1&role=r%C3%B4%20le"
            #expect(try await get(check, port).body == "{\"allowed\":true}")
            #expect(try await get(check + "&org=o1", port).body == "{\"allowed\":true}")
            #expect(try await get(check + "&org=o2", port).body == "{\"allowed\":false}")
            #expect(try await get("/v1/check?user=u9&project=p1&role=a", port).body == "{\"allowed\":false}")
            #expect(
                try await get("/v1/orgs/o1", port).body
                    == "{\"orgId\":\"o1\",\"state\":\"active\",\"name\":\"n\",\"primaryDomain\":\"\"}")
            #expect(try await get("/v1/users?org=o1", port).body == "{\"users\":[\(user.body)]}")
            let history = try await get("/v1/users/u+1/history", port).body
            #expect(history.hasPrefix("{\"events\":[{\"event\":\"user/u+1/1\",\"time\":\"2026-01-02T"), "\(history)")
            #expect(history.hasSuffix("\"facts\":[\"created\",\"state\",\"roleKeys\"]}]}"), "\(history)")
            #expect(try await get("/v1/groups", port).body == "{\"groups\":[]}")
            #expect(try await get("/v1/groups/x/members", port).body == "{\"members\":[]}")
        }
    }

    @Test("With a certificate it speaks TLS")
    func tls() async throws {
        let certificates = try TestCertificates()
        let pair = try await certificates.make("consumer")
        let environment = ["CONSUMER_TLS_CERTIFICATE_FILE": pair.certificate, "CONSUMER_TLS_KEY_FILE": pair.key]
        try await run(environment) { port async throws in
            let url = "https://localhost:\(port)/v1/groups"
            #expect(try await certificates.ask(url, trusting: pair.certificate).output == "{\"groups\":[]}")
        }
    }

    @Test("A fault is a problem document that names it")
    func problems() async throws {
        try await run { port in
            let faults: [(path: String, status: Int, names: String)] = [
                ("/v1/users/u9", 404, "u9"), ("/v1/users/u9/history", 404, "u9"),
                ("/v1/users/u+1/history?after=x", 400, "after"), ("/v1/users/u9/access", 404, "u9"),
                ("/v1/orgs/o9", 404, "o9"),
                ("/v1/nothing", 404, "no such"), ("/", 404, "no such"), ("/v1/users/", 404, "no such"),
                ("/v1/users?limit=0", 400, "limit"), ("/v1/users?limit=501", 400, "limit"),
                ("/v1/users?limit=x", 400, "limit"), ("/v1/users?offset=1", 400, "offset"),
                ("/v1/users?org=1&org=2", 400, "org"), ("/v1/users?org=", 400, "org"),
                ("/v1/users/u+1?x=1", 400, "parameter x"), ("/v1/check?user=1&project=2", 400, "role"),
                ("/v1/users/%zz", 400, "hexadecimal"), ("/v1/users/%ff", 400, "UTF-8"),
            ]
            for fault in faults {
                let answer = try await get(fault.path, port)
                #expect(answer.status == fault.status, "\(fault.path)")
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.body.hasPrefix("{\"type\":\"about:blank\",\"title\":\""), "\(answer.body)")
                #expect(answer.body.contains("\"status\":\(fault.status)"))
                #expect(answer.body.contains(fault.names), "\(fault.path): \(answer.body)")
            }
            let post = try await HTTPExchange.send("POST", port: port, path: "/v1/users")
            #expect(post.status == 405 && post.headers["allow"] == "GET")
        }
    }

    @Test("Without the token there is no answer")
    func token() async throws {
        try await run(["CONSUMER_API_TOKEN": "s3cret"]) { port in
            for wrong in ["", "Bearer", "Bearer s3cre", "Bearer s3cretx", "Basic s3cret", "s3cret"] {
                let answer = try await get("/v1/users/u+1", port, wrong.isEmpty ? [] : [("Authorization", wrong)])
                #expect(answer.status == 401 && answer.headers["www-authenticate"] == "Bearer", "\(wrong)")
            }
            for right in ["Bearer s3cret", "bearer s3cret"] {
                #expect(try await get("/v1/users/u+1", port, [("Authorization", right)]).status == 200)
            }
        }
    }

    @Test("Others than this machine cannot be served without a token")
    func tokenRequired() throws {
        let configuration = { (environment: [String: String]) in
            try ConsumerConfiguration(Settings.load(for: .consumer, environment: environment))
        }
        let error = #expect(throws: ConfigurationError.self) { try configuration(["CONSUMER_LISTEN": "0.0.0.0:8095"]) }
        #expect(error?.description.contains("CONSUMER_API_TOKEN") == true)
        #expect(error?.description.contains("CONSUMER_LISTEN") == true)
        _ = try configuration(["CONSUMER_LISTEN": "0.0.0.0:8095", "CONSUMER_API_TOKEN": "x"])
        _ = try configuration(["CONSUMER_LISTEN": "[::1]:8095"])
    }

    @Test("An answer that has not changed is not sent again")
    func entityTag() async throws {
        try await run { port in
            let first = try await get("/v1/users/u+1", port)
            let tag = try #require(first.headers["etag"])
            let again = try await get("/v1/users/u+1", port, [("If-None-Match", "\"x\", \(tag)")])
            #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag)
            #expect(try await get("/v1/users/u+1", port, [("If-None-Match", "\"x\"")]).status == 200)
        }
    }

    @Test("Answers tell the newest event, and a quiet topic that was read to its end is fresh")
    func asOf() async throws {
        let cluster = try ProcessorHarness.makeCluster()
        try await ProcessorHarness.run(cluster, try Self.filled(), ["CONSUMER_MAX_STALENESS": "1m"]) { consumer in
            let port = consumer.queryPort
            try await eventually(within: .seconds(20), "all is read") {
                try await get("/v1/orgs/o1", port).status == 200
            }
            try await TopicWriter(cluster).write(GoldenHistory.smallRecords())
            _ = try await consumer.untilConsumed(GoldenHistory.smallRecords().count)
            try await eventually(within: .seconds(20), "all is read") {
                try await get("/v1/orgs/o1", port).status == 200
            }
            let asOf = try #require(try await get("/v1/orgs/o1", port).headers["x-state-as-of"])
            #expect(asOf.hasSuffix("Z"))
        }
    }

    @Test("A partition whose leader is out of reach makes the state old, and fresh again when it answers")
    func leaderOutOfReach() async throws {
        let cluster = try KafkaMockCluster(brokers: 2)
        try cluster.createTopic(ProcessorHarness.topic, partitions: 3)
        try cluster.createTopic(ProcessorHarness.deadLetterTopic, partitions: 1)
        for partition in 0..<Int32(3) {
            cluster.setLeader(ProcessorHarness.topic, partition: partition, broker: partition == 2 ? 2 : 1)
        }
        cluster.setCoordinator(ofGroup: "zitadel-scope-management", broker: 1)
        try await ProcessorHarness.run(cluster, try Self.filled(), ["CONSUMER_MAX_STALENESS": "4s"]) { consumer in
            let port = consumer.queryPort
            try await eventually(within: .seconds(20), "all is read") {
                try await get("/v1/orgs/o1", port).status == 200
            }
            cluster.setBroker(2, up: false)
            try await eventually(within: .seconds(20), "the state is too old") {
                try await get("/v1/orgs/o1", port).status == 503
            }
            #expect(try await consumer.lag() == 0, "as far as the latest fetch knows")
            cluster.setBroker(2, up: true)
            try await eventually(within: .seconds(20), "the leader answers") {
                try await get("/v1/orgs/o1", port).status == 200
            }
        }
    }

    @Test("A state of unknown or too great age is not told")
    func stale() {
        let status = ProcessorStatus()
        let freshness = Freshness(status, stalenessMax: .seconds(60), clock: .system)
        let start = ContinuousClock.now
        #expect(freshness.isStale(at: start), "nothing is known yet")
        #expect(freshness.age(at: start) == nil)
        status.measured(Self.at([5, 3]))
        #expect(freshness.age(at: start + .seconds(5)) ?? .zero >= .seconds(5), "since the start")
        status.applied(now: 0, newestEventTime: WallClock.system.microseconds() - 3_600_000_000)
        #expect(freshness.age(at: start) ?? .zero >= .seconds(3600), "a backlog of an hour")
        #expect(freshness.isStale(at: start), "not where the partitions end")
        #expect(!status.answered(.init(ends: [0: 5, 1: 4], asked: start)), "a record is left in partition 1")
        #expect(freshness.isStale(at: start))
        status.measured(Self.at([5, 4]))
        #expect(!freshness.isStale(at: start + .seconds(60)))
        #expect(freshness.isStale(at: start + .seconds(61)), "no leader has answered since")

        // Partition 0 is behind, and a newer end does not take the place of the one it gets to first.
        #expect(status.answered(.init(ends: [0: 9, 1: 4], asked: start + .seconds(50))))
        #expect(status.answered(.init(ends: [0: 99, 1: 4], asked: start + .seconds(80))))
        #expect(freshness.isStale(at: start + .seconds(81)))
        status.measured(Self.at([9, 4]))
        #expect(freshness.age(at: start + .seconds(81)) == .seconds(31))

        status.measured(Self.at([9, 4, nil]))
        #expect(freshness.isStale(at: start + .seconds(81)), "nothing is known of what another member has left")
        #expect(freshness.age(at: start + .seconds(81)) == .seconds(31), "and the age goes on growing")
        status.measured([:])
        #expect(freshness.isStale(at: start + .seconds(81)))
        #expect(freshness.age(at: start + .seconds(81)) == nil)
    }

    @Test("A log that became shorter is complete when its new end is reached, and not by where the old one was")
    func shorterLog() {
        let status = ProcessorStatus()
        let start = ContinuousClock.now
        status.measured(Self.at([480]))
        #expect(!status.answered(.init(ends: [0: 500], asked: start)))
        #expect(status.answered(.init(ends: [0: 480], asked: start + .seconds(1))))
        #expect(status.completeAt == start + .seconds(1))
        #expect(status.answered(.init(ends: [0: 10], asked: start + .seconds(2))))
        #expect(status.completeAt == start + .seconds(1), "nothing of a new log was applied")
        status.measured(Self.at([10]))
        #expect(status.answered(.init(ends: [0: 10], asked: start + .seconds(3))))
        #expect(status.completeAt == start + .seconds(3))
    }

    private static func at(_ positions: [Int64?]) -> [Int32: PartitionProgress] {
        Dictionary(
            uniqueKeysWithValues: positions.enumerated().map {
                (Int32($0.offset), PartitionProgress(PartitionLag(position: $0.element, end: nil)))
            })
    }
}
