import KafkaClient
import KafkaMockCluster
import TestSupport
import Testing

@Suite struct RangeReaderTests {
    private let cluster: KafkaMockCluster

    init() async throws {
        cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 3)
        let producer = try KafkaProducer(cluster)
        let reports = ReportCount()
        let topic = try producer.topic("t")
        for number in 0..<300 {
            try producer.produce("\(number)", to: topic, key: "\(number)", CountingReceiver(reports))
        }
        try await producer.serve(until: 300, reports)
    }

    private func reader() throws -> KafkaRangeReader {
        try KafkaRangeReader(KafkaConfiguration(cluster, []), topic: "t", logger: .silent)
    }

    private func read(_ reader: KafkaRangeReader) throws -> [Int32: [Int64]] {
        var offsets: [Int32: [Int64]] = [:]
        let deadline = ContinuousClock.now + .seconds(20)
        while !reader.isComplete, ContinuousClock.now < deadline {
            try reader.next(max: 7, timeout: .milliseconds(100)).forEach {
                offsets[$0.partition, default: []].append($0.offset)
            }
        }
        return offsets
    }

    @Test("Exactly the records of each range are read, once and in order")
    func ranges() throws {
        let reader = try reader()
        try reader.start([0: 3..<20, 1: 0..<1, 2: 5..<5])
        #expect(try read(reader) == [0: Array(3..<20), 1: [0]])
        #expect(reader.isComplete && reader.positions == [0: 20, 1: 1, 2: 5])
    }

    @Test("Ranges that hold nothing are complete at once")
    func nothing() throws {
        let reader = try reader()
        try reader.start([0: 3..<3])
        #expect(reader.isComplete && reader.positions == [0: 3])
    }

    @Test("A range whose records are not there is an error, not another record")
    func lost() throws {
        let reader = try reader()
        try reader.start([0: 100_000..<100_010])
        #expect(throws: KafkaConsumerError.notRead) { _ = try read(reader) }
    }
}
