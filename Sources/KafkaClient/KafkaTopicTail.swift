package import Logging
import ServiceLifecycle

/// How far a `catchUp` came.
package struct TailProgress: Sendable, Equatable {
    /// Records given to the body.
    package fileprivate(set) var records = 0
    /// Records passed over because they are older than was asked for.
    package fileprivate(set) var older = 0
    /// Records passed over because the client could not read them.
    package fileprivate(set) var unreadable = 0
    /// Nil when the brokers did not tell; 0 when there is no such topic.
    package fileprivate(set) var partitions: Int?
    /// Whether everything was read that was in the topic when the call began. Else the next call goes on.
    package fileprivate(set) var reachedEnd = false

    package init() {}
}

/// Reads what was lately appended to a topic, without a group: no commits, no rebalance, every partition.
///
/// Each call has a client of its own: between calls there is no connection, and nothing is fetched ahead.
package actor KafkaTopicTail {
    private static let batchMax = 500
    /// Bounds how late cancellation is noticed.
    private static let slice = Duration.milliseconds(100)
    private static let pause = Duration.milliseconds(200)

    private let executor = DedicatedThreadExecutor(name: "kafka-tail")
    private let configuration: KafkaConfiguration
    private let topic: String
    private let logger: Logger
    private var positions: [Int32: TailPosition] = [:]
    /// That of the initializer, which has proved the configuration; used for the first call.
    private var unusedReader: TailReader?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Of the operator's properties those of a group do not apply.
    package init(
        _ configuration: KafkaConfiguration, topic: String, logger: Logger
    ) throws(KafkaConfigurationError) {
        try KafkaTopic.validate(topic)
        unusedReader = try TailReader(configuration, topic: topic, logger)
        self.configuration = configuration
        self.topic = topic
        self.logger = logger
    }

    /// Reads every record from where the last call ended to the end of each partition as it is now.
    ///
    /// A partition that is read for the first time begins with its oldest record that is not older than `since`, but
    /// never with so many that all such partitions exceed `recordsMax`: then with their newest. A position that
    /// retention has overtaken begins anew with the oldest record there is. Brokers that are down are waited for.
    ///
    /// - Parameters:
    ///   - since: milliseconds since 1970, compared with the records' timestamps.
    ///   - recordsMax: records read in this call at most, those that are passed over included.
    ///   - deadline: after which the call returns what it has done, at most one answer of the brokers (2 s) later.
    ///     Cancellation and graceful shutdown do the same.
    ///   - body: called for each record in the order of its partition, on the actor's thread.
    /// - Throws: only what no waiting can mend.
    package func catchUp(
        since: Int64, recordsMax: Int, deadline: Duration, _ body: @Sendable (ConsumedRecord) -> Void
    ) async throws(KafkaConsumerError) -> TailProgress {
        precondition(recordsMax > 0)
        let deadline = ContinuousClock.now + deadline
        let reader = try takeReader()
        var progress = TailProgress()
        guard let found = try partitions(reader, deadline) else { return progress }
        progress.partitions = found.led.count
        // A topic that was made anew can have fewer.
        if found.isAll, !found.led.isEmpty { positions = positions.filter { found.led.contains($0.key) } }
        let logs = reader.bounds(of: found.led, until: deadline)
        place(logs, reader, since: since, recordsMax: recordsMax, deadline)
        var pass = TailPass(positions, logs)
        try read(&pass, reader, &progress, recordsMax, deadline, body)
        positions = pass.positions
        // A topic that was there and is not seen any more has not been read to its end.
        let isWhole = found.isAll && logs.count == found.led.count && positions.count == found.led.count
        progress.reachedEnd = pass.isComplete && isWhole
        return progress
    }

    private func takeReader() throws(KafkaConsumerError) -> TailReader {
        defer { unusedReader = nil }
        if let unusedReader { return unusedReader }
        do throws(KafkaConfigurationError) {
            return try TailReader(configuration, topic: topic, logger)
        } catch {
            throw .clientFatal(reason: error.description)
        }
    }

    /// Asks until there is an answer; nil when there was none in time.
    private func partitions(
        _ reader: TailReader, _ deadline: ContinuousClock.Instant
    ) throws(KafkaConsumerError) -> (led: [Int32], isAll: Bool)? {
        while goesOn(until: deadline) {
            if let found = reader.partitions(until: deadline) { return found }
            if let fatal = reader.fatal { throw fatal }
            _ = ThreadSignal().wait(Self.pause)
        }
        return nil
    }

    private func place(
        _ logs: [Int32: OffsetBounds], _ reader: TailReader, since: Int64, recordsMax: Int,
        _ deadline: ContinuousClock.Instant
    ) {
        for (partition, log) in logs { positions[partition]?.moveInto(log) }
        let new = logs.filter { positions[$0.key] == nil }
        guard !new.isEmpty else { return }
        let young = reader.offsets(of: Array(new.keys), since: since, until: deadline)
        positions.merge(
            TailPosition.first(new, young: young, since: since, recordsMax: recordsMax)
        ) { known, _ in known }
    }

    private func read(
        _ pass: inout TailPass, _ reader: TailReader, _ progress: inout TailProgress, _ recordsMax: Int,
        _ deadline: ContinuousClock.Instant, _ body: (ConsumedRecord) -> Void
    ) throws(KafkaConsumerError) {
        let positions = pass.positions
        try reader.start(positions.filter { pass.ends[$0.key] != nil }.mapValues(\.next))
        defer { reader.stop() }
        var room = recordsMax
        while !pass.isComplete, room > 0, goesOn(until: deadline) {
            let (batch, unreadable) = reader.read(max: min(Self.batchMax, room), timeout: Self.slice, &pass)
            batch.forEach { record in
                if positions[record.partition]!.wants(offset: record.offset, timestamp: record.timestamp) {
                    progress.records += 1
                    body(record)
                } else {
                    progress.older += 1
                }
            }
            room -= batch.count
            progress.unreadable += unreadable
            if let fatal = reader.fatal { throw fatal }
        }
    }

    private func goesOn(until deadline: ContinuousClock.Instant) -> Bool {
        !Task.isCancelled && !Task.isShuttingDownGracefully && ContinuousClock.now < deadline
    }
}
