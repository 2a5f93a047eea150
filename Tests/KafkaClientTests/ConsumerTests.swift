import KafkaMockCluster
import Logging
import TestSupport
import Testing

@testable import KafkaClient

@Suite struct ConsumerTests {
    /// A cluster with a topic of 4 partitions that holds the texts "0" to "n-1".
    private func cluster(records: Int) async throws -> (KafkaMockCluster, KafkaProducer) {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 4)
        let producer = try KafkaProducer(cluster)
        try await publish(0..<records, producer)
        return (cluster, producer)
    }

    private func publish(_ numbers: Range<Int>, _ producer: KafkaProducer) async throws {
        let reports = ReportCount()
        let topic = try producer.topic("t")
        for number in numbers {
            try producer.produce("\(number)", to: topic, key: "\(number)", CountingReceiver(reports))
        }
        try await producer.serve(until: numbers.count, reports)
        #expect(reports.failures.isEmpty)
    }

    @Test("What was committed is not read again, what was not is; lag tells the difference")
    func resume() async throws {
        let (cluster, producer) = try await cluster(records: 50)
        let first = try GroupMember(cluster, "t")
        let seen = try await first.read(commit: true) { $0.count == 50 }
        #expect(Set(seen.map(\.text)).count == 50)
        #expect(await first.lag.values.allSatisfy { $0.records == 0 })
        try await publish(50..<60, producer)
        // Read, and not committed.
        _ = try await first.read { $0.count == 10 }
        await first.close()
        let second = try GroupMember(cluster, "t")
        let again = try await second.read { $0.count == 10 }
        #expect(Set(again.map(\.text)) == Set((50..<60).map { "\($0)" }))
        await second.close()
    }

    @Test("Lag is known of partitions from which nothing was read since the assignment")
    func lagOfUnread() async throws {
        let (cluster, _) = try await cluster(records: 40)
        let first = try GroupMember(cluster, "t")
        _ = try await first.read(commit: true) { $0.count == 40 }
        await first.close()
        let second = try GroupMember(cluster, "t")
        try await eventually("no lag, known") {
            _ = try await second.next()
            let lag = await second.lag
            return lag.count == 4 && lag.values.allSatisfy { $0.records == 0 }
        }
        await second.close()
    }

    @Test("What retention has removed is no lag, whether the group has committed something or not")
    func lagBehindRetention() {
        #expect(PartitionLag(read: nil, committed: nil, low: 500, high: 500).records == 0)
        #expect(PartitionLag(read: nil, committed: 300, low: 500, high: 510).records == 10)
        #expect(PartitionLag(read: nil, committed: 505, low: 500, high: 510).records == 5)
        #expect(PartitionLag(read: nil, committed: nil, low: -1001, high: 7).records == 7)
        #expect(PartitionLag(read: 490, committed: nil, low: 500, high: 510).records == 20, "fetched before")
    }

    @Test("A batch that is sought back comes again, once, and nothing is skipped")
    func seekBack() async throws {
        let (cluster, _) = try await cluster(records: 100)
        let member = try GroupMember(cluster, "t")
        let first = try await member.read(max: 30) { !$0.isEmpty }
        try await member.seekBackLatest()
        let rest = try await member.read(commit: true) { $0.count == 100 }
        #expect(Set(rest.map(\.text)).count == 100)
        #expect(Set(first.map(\.text)).isSubset(of: rest.map(\.text)))
        #expect(try await member.next(timeout: .milliseconds(200)).isEmpty)
        await member.close()
    }

    @Test("A paused member reads nothing and stays in the group; a resumed one goes on")
    func pause() async throws {
        let (cluster, producer) = try await cluster(records: 4)
        let member = try GroupMember(cluster, "t")
        _ = try await member.read { $0.count == 4 }
        await member.pause()
        try await publish(4..<8, producer)
        #expect(try await member.next(timeout: .milliseconds(300)).isEmpty)
        await member.resume()
        #expect(Set(try await member.read { $0.count == 4 }.map(\.text)) == ["4", "5", "6", "7"])
        await member.close()
    }

    @Test("Two members read everything between them, and no late commit sets a moved partition back")
    func rebalance() async throws {
        let (cluster, producer) = try await cluster(records: 200)
        let first = try GroupMember(cluster, "t")
        // The first member has read all there is and committed nothing yet when the second one joins.
        var seen = try await first.read { $0.count == 200 }
        let late = await first.batches
        let second = try GroupMember(cluster, "t")
        try await eventually("two partitions each") {
            seen += try await first.next(timeout: .milliseconds(10))
            seen += try await second.next(timeout: .milliseconds(10))
            let (a, b) = (await first.assignment, await second.assignment)
            return a.count == 2 && b.count == 2 && a.isDisjoint(with: b)
        }
        try await publish(200..<300, producer)
        try await eventually("all records read by those who own them now") {
            seen += try await first.next(timeout: .milliseconds(10))
            seen += try await second.next(timeout: .milliseconds(10))
            return Set(seen.map(\.text)).count == 300
        }
        try await second.commitAll()
        try await first.commitAll()

        // Its own partitions are committed further already; the others are the second member's.
        try await first.commit(late)
        await second.close()
        var again: [SeenRecord] = []
        try await eventually("all partitions back") {
            again += try await first.next(timeout: .milliseconds(10))
            return await first.assignment.count == 4
        }
        // The same partitions, but owned anew.
        try await first.commit(late)
        await first.close()

        let third = try GroupMember(cluster, "t")
        try await eventually("the group's offsets") {
            again += try await third.next(timeout: .milliseconds(10))
            return await third.lag.values.count { $0.position != nil } == 4
        }
        #expect(again.map(\.text) == [])
        var ends: [Int32: Int64] = [:]
        for record in seen { ends[record.partition] = max(ends[record.partition] ?? 0, record.offset + 1) }
        let committed = await third.lag.map { ($0.key.partition, $0.value.position) }
        for (partition, position) in committed { #expect(position == ends[partition]) }
        await third.close()
    }

    @Test("A member that does not ask for too long is put out, commits nothing any more, and joins again by asking")
    func putOut() async throws {
        let (cluster, producer) = try await cluster(records: 50)
        // The shortest that a session of 4 s allows.
        let first = try GroupMember(cluster, "t", properties: [("max.poll.interval.ms", "4000")])
        _ = try await first.read { $0.count == 50 }
        let late = await first.batches
        try await eventually("the first member is put out") { await first.assignment.isEmpty }
        #expect(await first.lag.isEmpty)
        await #expect(throws: KafkaConsumerError.rebalancing) { try await first.commit(late) }
        let second = try GroupMember(cluster, "t")
        try await publish(50..<60, producer)
        let taken = try await second.read(within: .seconds(30), commit: true) { $0.count == 60 }
        #expect(Set(taken.map(\.text)).count == 60)
        await second.close()
        // The group is where the second member left it, not where the first one would have set it back to.
        await #expect(throws: KafkaConsumerError.rebalancing) { try await first.commit(late) }
        try await eventually(within: .seconds(20), "the first member has all partitions again") {
            // May still give what had been fetched before.
            _ = try await first.next(timeout: .milliseconds(10))
            return await first.lag.values.count { $0.records == 0 } == 4
        }
        // Nor by what it could not commit then, or wants to now.
        try await first.commitRest()
        try await first.commit(late)
        #expect(await first.lag.values.compactMap(\.position).reduce(0, +) == 60)
        await first.close()
    }

    @Test("What the coordinator did not take is committed with the next batch, or without one")
    func commitRefused() async throws {
        let (cluster, producer) = try await cluster(records: 50)
        let first = try GroupMember(cluster, "t")
        _ = try await first.read { $0.count == 50 }
        // REBALANCE_IN_PROGRESS
        let batches = await first.batches
        cluster.pushErrors(.offsetCommit, Array(repeating: 27, count: batches.count))
        for batch in batches {
            await #expect(throws: KafkaConsumerError.rebalancing) { try await first.commit([batch]) }
        }
        try await publish(50..<60, producer)
        _ = try await first.read { $0.count == 10 }
        // GROUP_AUTHORIZATION_FAILED
        let next = await Array(first.batches.dropFirst(batches.count))
        cluster.pushErrors(.offsetCommit, Array(repeating: 30, count: next.count))
        for batch in next {
            await #expect(throws: KafkaConsumerError.self) { try await first.commit([batch]) }
        }
        try await first.commitRest()
        await first.close()
        let second = try GroupMember(cluster, "t")
        try await eventually("the group's offsets are those of all records") {
            _ = try await second.next()
            let positions = await second.lag.values.compactMap(\.position)
            return positions.count == 4 && positions.reduce(0, +) == 60
        }
        #expect(await second.batches.isEmpty, "nothing is read again")
        await second.close()
    }

    @Test("A batch ends when its records are large enough, and the next one goes on behind it")
    func bytesMax() async throws {
        let (cluster, _) = try await cluster(records: 2000)
        let member = try GroupMember(cluster, "t")
        let first = try await member.read(max: 2000) { $0.count >= 2000 }
        #expect(first.count == 2000)
        await member.close()
        let other = try GroupMember(cluster, "t", group: "other")
        var seen: [SeenRecord] = []
        try await eventually(within: .seconds(20), "everything is read") {
            let batch = try await other.next(max: 2000, bytesMax: 500)
            // A record of this test has at most 8 bytes.
            #expect(batch.count <= 500)
            seen += batch
            return seen.count >= 2000
        }
        #expect(Set(seen.map(\.text)).count == 2000 && seen.count == 2000)
        await other.close()
    }

    @Test("A full prefetch does not hold up whoever reads on: what there was no room for comes at once")
    func fullPrefetch() async throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 1)
        // The mock cluster answers a fetch with one batch of the producer.
        let producer = try KafkaProducer(cluster, [("batch.num.messages", "20"), ("linger.ms", "50")])
        try await publish(0..<1000, producer)
        let member = try GroupMember(
            cluster, "t", properties: [("queued.min.messages", "40"), ("fetch.wait.max.ms", "100")])
        _ = try await member.read(max: 1) { !$0.isEmpty }
        let start = ContinuousClock.now
        // A commit for each record makes reading slower than fetching.
        _ = try await member.read(within: .seconds(60), max: 1, commit: true) { $0.count == 999 }
        // With a second of pause for each 40 records it would be 24 s.
        #expect(ContinuousClock.now - start < .seconds(12))
        await member.close()
    }

    @Test("A batch outlives its consumer")
    func batchOutlivesConsumer() async throws {
        let (cluster, _) = try await cluster(records: 3)
        let batches = try await {
            let member = try GroupMember(cluster, "t")
            _ = try await member.read { $0.count == 3 }
            await member.close()
            return await member.batches
        }()
        #expect(Set(batches.flatMap { $0.map { SeenRecord($0).text } }) == ["0", "1", "2"])
    }

    @Test("A closed consumer says so")
    func closed() async throws {
        let (cluster, _) = try await cluster(records: 0)
        let member = try GroupMember(cluster, "t")
        await member.close()
        await member.close()
        await #expect(throws: KafkaConsumerError.closed) { try await member.next() }
    }
}
