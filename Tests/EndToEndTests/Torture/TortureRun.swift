import KafkaClient
import Logging
import TestSupport
import Testing

/// Consumers of one group that are killed again and again while records come in.
struct TortureRun {
    struct Report {
        var kills = 0
        var stops = 0
        var records = 0
        var doubles = 0
        /// Deliveries of records, each logged once it was applied.
        var deliveries = 0
        /// Records that were checked after kills.
        var checked = 0
        /// Kills after which the group had committed more than the state held. Always empty, or offsets lie.
        var ahead: [String] = []
    }

    private(set) var report = Report()
    private let pipeline: Pipeline
    private let state: StatePlace
    private let history: TortureHistory
    private let writer: TopicWriter
    private let log: TortureLog
    private let offsets: KafkaGroupOffsets
    private var generator: SeededGenerator
    private let calm: Pipeline.Running
    private var consumers: [Pipeline.Running?]
    private var started = 0
    private var written = 0
    private var committed: [Int32: Int64] = [:]

    private static let group = "tortured"

    init(records: Int, seed: UInt64, _ kind: StatePlace.Kind) async throws {
        generator = SeededGenerator(seed: seed)
        history = TortureHistory(count: records, using: &generator)
        pipeline = try await Pipeline()
        state = try StatePlace(kind, "torture", in: pipeline.folder)
        // Small batches, or each fetch would bring thousands; compressed, for the dev broker keeps 5 MiB a partition.
        writer = try TopicWriter(
            bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic,
            properties: [("batch.num.messages", "50"), ("compression.type", "lz4")])
        log = try TortureLog(bootstrapServers: pipeline.bootstrapServers)
        offsets = try KafkaGroupOffsets(
            KafkaConfiguration(bootstrapServers: pipeline.bootstrapServers, clientID: "torture"), group: Self.group,
            topic: Pipeline.topic, logger: Logger(label: "torture") { _ in SwiftLogNoOpLogHandler() })
        calm = try await pipeline.startConsumer(
            state: "calm.db", ["KAFKA_GROUP_ID": "calm", "LOG_LEVEL": "info"], label: "calm")
        consumers = Array(repeating: nil, count: kind == .sqlite ? 1 : 2)
        report.records = records
        report.doubles = history.doubles
    }

    /// Each round brings its share of the records and ends with a kill in the midst of them.
    mutating func run(rounds: Int) async throws {
        for round in 0..<rounds {
            let before = try await prepare()
            let share = try await write(upTo: report.records * (round + 1) / (rounds + 1))
            let count = Int.random(in: 1...share * 3 / 4, using: &generator)
            try await eventually(within: .seconds(120), "\(count) records are consumed in round \(round)") {
                try await consumed() - before >= count
            }
            // What is counted is committed soon after. Somewhat later anything may be under way.
            let moment = ContinuousClock.now + .milliseconds(Int.random(in: 0..<50, using: &generator))
            try await eventually("the moment") { ContinuousClock.now >= moment }
            try await killSome()
            try await check(round)
        }
        _ = try await prepare()
        _ = try await write(upTo: report.records)
        do {
            try await eventually(within: .seconds(300), "every record is committed") {
                try await offsets.positions().allSatisfy { $0.committed ?? 0 == $0.high }
            }
        } catch let error as NotInTime {
            Issue.record("\(try await offsets.positions().filter { $0.committed != $0.high })\n\(said())")
            throw error
        }
        for index in consumers.indices {
            let setAside = try await consumers[index]?.ops.metric("consumer_records_total{outcome=\"set_aside\"}")
            #expect(setAside == 0)
            try await end(index, killing: false)
        }
        // Of a consumer that runs, SQLite's files may change while they are copied.
        try await check(rounds)
    }

    /// The last of what each consumer that runs has logged, but for the records.
    private func said() -> String {
        consumers.compactMap { $0?.process }.map { process in
            let lines = process.log.split(separator: "\n").filter { !$0.contains("Record applied") }
            return "\(process.name):\n\(lines.suffix(20).joined(separator: "\n"))"
        }.joined(separator: "\n")
    }

    /// The state that many kills have left, and that of a consumer which nobody disturbs.
    mutating func exports() async throws -> (killed: String, undisturbed: String) {
        try await eventually(within: .seconds(300), "the undisturbed one has all") {
            try await calm.ops.consumed() == report.records
        }
        #expect(try await calm.process.terminate() == .exited(0))
        await log.close()
        return (try await pipeline.export(url: state.url), try await pipeline.export(state: "calm.db"))
    }

    /// Starts who is missing, and sometimes waits until all have partitions: else the records come amid a rebalance.
    ///
    /// - Returns: what those that run have consumed.
    private mutating func prepare() async throws -> Int {
        for index in consumers.indices where consumers[index] == nil { consumers[index] = try await start() }
        let running = consumers.compactMap { $0 }
        if Bool.random(using: &generator) {
            try await eventually(within: .seconds(40), "all have partitions") {
                running.allSatisfy { $0.process.log.contains("Partitions assigned") }
            }
        }
        return try await consumed()
    }

    private mutating func start() async throws -> Pipeline.Running {
        started += 1
        // From many small transactions to few large ones.
        let fetch = ["2000", "10000", "100000"].randomElement(using: &generator)
        return try await pipeline.startConsumer(
            [
                "STATE_URL": state.url, "KAFKA_GROUP_ID": Self.group, "KAFKA_FETCH_MESSAGE_MAX_BYTES": fetch ?? "",
                "LOG_LEVEL": "debug",
            ], label: "consumer-\(started)")
    }

    /// - Returns: how many were written.
    private mutating func write(upTo end: Int) async throws -> Int {
        let share = history.records[written..<end]
        try await writer.write(Array(share))
        written = end
        return share.count
    }

    private func consumed() async throws -> Int {
        var sum = 0
        for consumer in consumers.compactMap({ $0 }) { sum += try await consumer.ops.consumed() }
        return sum
    }

    /// Kills one, or all of them at once; of several, sometimes another one leaves as a supervisor would make it.
    private mutating func killSome() async throws {
        let chosen = Int.random(in: consumers.indices, using: &generator)
        let fate = Int.random(in: 0..<4, using: &generator)
        for index in consumers.indices where index == chosen || fate < 2 {
            let isKill = index == chosen || fate == 0
            try await end(index, killing: isKill)
            report.kills += isKill ? 1 : 0
            report.stops += isKill ? 0 : 1
        }
    }

    private mutating func end(_ index: Int, killing: Bool) async throws {
        guard let process = consumers[index]?.process else { return }
        if killing {
            try await process.kill9()
        } else {
            #expect(try await process.terminate() == .exited(0))
        }
        report.deliveries += process.logCount(of: "\"message\":\"Record applied\"")
        consumers[index] = nil
    }

    /// Offsets are read first: consumers that still run may store more until the state is looked at, never less.
    private mutating func check(_ round: Int) async throws {
        let now = try await offsets.positions().reduce(into: [Int32: Int64]()) { $0[$1.partition] = $1.committed }
        for (partition, offset) in committed {
            #expect(now[partition, default: 0] >= offset, "partition \(partition) was set back in round \(round)")
        }
        committed = now
        try await log.read(written)
        let (records, missing) = try await log.apply(below: now, to: state)
        report.checked += records
        if missing > 0 { report.ahead.append("round \(round): \(missing) of \(records)") }
    }
}
