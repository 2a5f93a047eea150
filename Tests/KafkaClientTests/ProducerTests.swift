import Glibc
import KafkaClient
import KafkaMockCluster
import Logging
import TestSupport
import Testing

@Suite struct ProducerTests {
    @Test("A published record is read back byte for byte, with key and headers")
    func roundTrip() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 3)
        let producer = try KafkaProducer(cluster)
        let topic = try producer.topic("t")
        let reports = ReportCount()
        let value = [UInt8](0...255)
        var failure: PublishError?
        [UInt8]("ключ".utf8).withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                var headers = KafkaHeaders(capacity: 2)
                [UInt8]("user/1/2".utf8).withUnsafeBytes { headers.add("ce_id" as StaticString, $0) }
                headers.add("empty" as StaticString, UnsafeRawBufferPointer(start: nil, count: 0))
                do throws(PublishError) {
                    try producer.produce(
                        to: topic, key: key, value: value, headers: headers, receiver: CountingReceiver(reports))
                } catch { failure = error }
            }
        }
        #expect(failure == nil)
        try await producer.serve(until: 1, reports)
        #expect(reports.failures.isEmpty)

        let seen = try await GroupMember(cluster, "t").read { !$0.isEmpty }
        #expect(seen[0].key == [UInt8]("ключ".utf8))
        #expect(seen[0].value == value)
        #expect(seen[0].headers == ["ce_id": [UInt8]("user/1/2".utf8), "empty": []])
    }

    @Test(
        "An error that passes is retried: one report, one record",
        arguments: [[6], [7, 19], [5, 5]] as [[Int32]])
    func retriedError(codes: [Int32]) async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 1)
        let producer = try KafkaProducer(cluster, [(name: "retry.backoff.ms", value: "10")])
        let topic = try producer.topic("t")
        let reports = ReportCount()
        cluster.pushErrors(.produce, codes)
        try producer.produce("only", to: topic, CountingReceiver(reports))
        try await producer.serve(until: 1, reports)
        #expect(reports.all == [nil])
        try producer.produce("end", to: topic, CountingReceiver(reports))
        try await producer.serve(until: 2, reports)
        let seen = try await GroupMember(cluster, "t").read { $0.last?.text == "end" }
        #expect(seen.map(\.text) == ["only", "end"])
    }

    @Test(
        "An error that stays is reported and sorted",
        arguments: [
            (10, .recordTooLarge, .reject), (29, .notAuthorized, .retry), (87, .recordRefused, .reject),
        ] as [(Int32, PublishError, Disposition)])
    func permanentError(code: Int32, expected: PublishError, disposition: Disposition) async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 1)
        let producer = try KafkaProducer(cluster, [(name: "topic.metadata.refresh.interval.ms", value: "100")])
        let topic = try producer.topic("t")
        cluster.pushErrors(.produce, [code])
        let reports = ReportCount()
        try producer.produce("refused", to: topic, CountingReceiver(reports))
        try await producer.serve(until: 1, reports)
        #expect(reports.all == [expected])
        #expect(expected.disposition == disposition)
        // A topic that was refused is refused at once until it is looked at again.
        try await eventually("the producer goes on") {
            (try? producer.produce("next", to: topic, CountingReceiver(reports))) != nil
        }
        try await producer.serve(until: 2, reports)
        #expect(reports.all == [expected, nil])
    }

    @Test("A broker that is down means timed out within the deadline, and all is well once it is back")
    func brokerDown() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 1)
        let producer = try KafkaProducer(cluster, [(name: "message.timeout.ms", value: "1000")])
        let topic = try producer.topic("t")
        let reports = ReportCount()
        try producer.produce("before", to: topic, CountingReceiver(reports))
        try await producer.serve(until: 1, reports)
        cluster.setBroker(up: false)
        try producer.produce("lost", to: topic, CountingReceiver(reports))
        try await producer.serve(until: 2, reports)
        #expect(reports.all == [nil, .timedOut])
        cluster.setBroker(up: true)
        try await eventually("a record delivered after the outage") {
            try producer.produce("after", to: topic, CountingReceiver(reports))
            try await producer.serve(until: reports.count + 1, reports)
            return reports.all.last == .some(nil)
        }
    }

    @Test("A full queue refuses at once and retains nothing")
    func queueFull() async throws {
        let cluster = try KafkaMockCluster()
        cluster.setBroker(up: false)
        let properties = [
            (name: "queue.buffering.max.messages", value: "3"), (name: "message.timeout.ms", value: "500"),
        ]
        let producer = try KafkaProducer(cluster, properties)
        let topic = try producer.topic("t")
        let reports = ReportCount()
        weak var accepted: CountingReceiver?
        weak var refused: CountingReceiver?
        do {
            let receiver = CountingReceiver(reports)
            accepted = receiver
            for _ in 0..<3 { try producer.produce("x", to: topic, receiver) }
        }
        do {
            let receiver = CountingReceiver(reports)
            refused = receiver
            #expect(throws: PublishError.queueFull) { try producer.produce("x", to: topic, receiver) }
        }
        #expect(refused == nil)
        #expect(accepted != nil)
        try await producer.serve(until: 3, reports)
        #expect(accepted == nil)
        #expect(reports.failures == [.timedOut, .timedOut, .timedOut])
        #expect(producer.queuedRecords == 0)
    }

    @Test("A record over message.max.bytes is refused at once")
    func tooLarge() throws {
        let cluster = try KafkaMockCluster()
        let producer = try KafkaProducer(cluster, [(name: "message.max.bytes", value: "1000")])
        let text = String(repeating: "x", count: 2000)
        #expect(throws: PublishError.recordTooLarge) {
            try producer.produce(text, to: producer.topic("t"), CountingReceiver(ReportCount()))
        }
    }

    @Test("Closing with a broker down gives every accepted record its one report", arguments: [true, false])
    func closeWhileDown(servingHere: Bool) async throws {
        let cluster = try KafkaMockCluster()
        cluster.setBroker(up: false)
        let producer = try KafkaProducer(cluster)
        let topic = try producer.topic("t")
        let reports = ReportCount()
        for _ in 0..<50 { try producer.produce("x", to: topic, CountingReceiver(reports)) }
        if servingHere {
            producer.closeServing(flushTimeout: .milliseconds(100))
        } else {
            let closed = ReportCount()
            try await withThrowingTaskGroup { group in
                group.addTask {
                    await producer.close(flushTimeout: .milliseconds(100))
                    closed.add(nil)
                }
                try await eventually("closed") {
                    producer.serveEvents()
                    return closed.count == 1
                }
                try await group.waitForAll()
            }
        }
        // On a slow machine their own time may be over first.
        #expect(reports.all.count == 50)
        #expect(reports.all.allSatisfy { $0 == .purged || $0 == .timedOut })
        #expect(throws: PublishError.closed) { try producer.produce("x", to: topic, CountingReceiver(reports)) }
    }

    @Test("A producer that is dropped unclosed still reports every record")
    func dropped() throws {
        let cluster = try KafkaMockCluster()
        cluster.setBroker(up: false)
        let reports = ReportCount()
        do {
            let producer = try KafkaProducer(cluster)
            try producer.produce("x", to: producer.topic("t"), CountingReceiver(reports))
        }
        #expect(reports.all == [.purged])
    }
}
