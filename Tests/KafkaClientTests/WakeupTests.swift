import Glibc
import KafkaClient
import KafkaMockCluster
import Synchronization
import TestSupport
import Testing

@Suite struct WakeupTests {
    @Test("A descriptor wakes the owner for every one of 20,000 reports")
    func noWakeupIsLost() async throws {
        let total = 20_000
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 12)
        let producer = try KafkaProducer(cluster)
        let topic = try producer.topic("t")
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        defer { for end in ends { Glibc.close(end) } }
        producer.enableWakeup(fileDescriptor: ends[1])
        defer { producer.disableWakeup() }

        let reports = ReportCount()
        let receiver = CountingReceiver(reports)
        var sent = 0
        var missed = 0
        while reports.count < total, missed == 0 {
            // Bursts of all sizes, so that the queue turns empty at every moment.
            let burst = min(1 + sent % 97, total - sent)
            for _ in 0..<burst {
                try producer.produce("value", to: topic, key: "\(sent)", receiver)
                sent += 1
            }
            // Waits for the descriptor alone: a lost wake-up shows as a wait that ends without one.
            var poll = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 5000) == 1 else {
                missed += 1
                break
            }
            var bytes = [UInt8](repeating: 0, count: 64)
            while read(ends[0], &bytes, bytes.count) > 0 {}
            producer.serveEvents()
        }
        #expect(missed == 0)
        #expect(reports.count == total)
        #expect(reports.failures.isEmpty)
    }

    @Test("What was queued before the wake-up was enabled wakes the owner too")
    func queuedBefore() async throws {
        let cluster = try KafkaMockCluster()
        let producer = try KafkaProducer(cluster)
        let reports = ReportCount()
        try producer.produce("x", to: producer.topic("t"), CountingReceiver(reports))
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { Glibc.close(end) } }
        producer.enableWakeup(fileDescriptor: ends[1])
        defer { producer.disableWakeup() }
        var poll = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&poll, 1, 1000) == 1)
        try await producer.serve(until: 1, reports)
    }
}
