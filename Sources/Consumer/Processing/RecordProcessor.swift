import EventContract
import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// The consumer's loop: read a batch, decode, apply in one transaction, set aside what cannot be read, commit.
///
/// All blocking calls of Kafka and of the database run on the actor's own thread. The order is the promise: offsets are
/// committed only after the transaction and after the dead letters are acknowledged, so a crash anywhere repeats work
/// and loses none.
actor RecordProcessor {
    /// Longest wait for the first record of a batch; bounds how long a shutdown goes unnoticed.
    private static let idleWait = Duration.milliseconds(100)
    /// How often the lag is taken, between two batches.
    private static let lagInterval = Duration.seconds(1)
    private static let lagIntervalWhileUnknown = Duration.milliseconds(200)
    /// How long what a removal has emptied may stay in the state's write-ahead log; longer only while it is read.
    private static let settleInterval = Duration.seconds(10)

    /// The client itself, for `KafkaHealth`.
    nonisolated let kafka: KafkaHandle
    private let executor: DedicatedThreadExecutor
    private let consumer: KafkaConsumer
    private let store: any StateStore
    private let deadLetters: DeadLetterTopic
    private let groupID: String
    private let metrics: ConsumerMetrics
    private let status: ProcessorStatus
    private let clock: WallClock
    private let logger: Logger
    private var events: [CanonicalEvent] = []
    private var batchSize = BatchSize()
    /// Why the latest commit failed, and when to try again; nil while nothing waits for that.
    private var refusedCommit: (error: KafkaConsumerError, due: ContinuousClock.Instant)?
    private var commitBackoff = Backoff(initial: .milliseconds(100), maximum: .seconds(5))
    private var lagDue = ContinuousClock.now
    private var settleDue = ContinuousClock.now
    private var partitionsSeen: Set<Int32> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Throws: `StateError` when the state cannot be opened, `KafkaConfigurationError` for a refused property.
    init(
        _ configuration: ConsumerConfiguration, deadLetters: KafkaProducer, metrics: ConsumerMetrics,
        status: ProcessorStatus, clock: WallClock, logger: Logger
    ) throws {
        executor = DedicatedThreadExecutor(name: "processor")
        store = try configuration.state.store(
            stream: configuration.stateTopic != nil, rewriteAfter: configuration.vacuumAfter, clock: clock)
        consumer = try KafkaConsumer(
            configuration.kafka, groupID: configuration.groupID, topics: [configuration.topic], logger: logger,
            observer: metrics)
        kafka = consumer.handle
        try KafkaTopic.validate(configuration.deadLetterTopic)
        self.deadLetters = DeadLetterTopic(
            producer: deadLetters, name: configuration.deadLetterTopic, status: status, logger: logger)
        groupID = configuration.groupID
        self.metrics = metrics
        self.status = status
        self.clock = clock
        self.logger = logger
    }

    /// Processes until `stop` is set, then leaves the group.
    ///
    /// - Throws: what a person has to mend: a corrupt state, a client that failed for good.
    func process(until stop: borrowing Atomic<Bool>) async throws {
        defer {
            consumer.close()
            _ = store.settle(.ending)
        }
        guard try await attempt(until: stop, { () throws(StateError) in try store.prepare() }) != nil else { return }
        while !stop.load(ordering: .relaxed) {
            let batch = try consumer.next(
                max: batchSize.records, bytesMax: BatchSize.bytesMax, timeout: Self.idleWait)
            if !status.hasAssignment, !consumer.assignment.isEmpty { status.assigned() }
            if !batch.isEmpty {
                guard try await process(batch, until: stop) else { break }
            }
            try commitRest()
            measureLag()
            settle(batch.isEmpty && status.isCaughtUp ? .idle : .busy)
        }
        commitLast()
    }

    private func settle(_ moment: SettleMoment) {
        guard ContinuousClock.now >= settleDue else { return }
        switch store.settle(moment) {
        case .nothingToTell: break
        case .rewritten(let duration):
            logger.info(
                "State file written anew: no copies of what removals emptied are left in it",
                metadata: [LogKey.duration: "\(duration.microseconds / 1000)"])
        case .failed(let error):
            logger.warning(
                "State file not written anew: copies of what removals emptied may be left. Trying again in an hour",
                metadata: [LogKey.reason: "\(error)"])
        }
        settleDue = .now + Self.settleInterval
    }

    /// Takes the lag when it is due.
    ///
    /// - Parameter batch: what was read and is not applied yet, and so counts as lag.
    private func measureLag(unapplied batch: RecordBatch? = nil) {
        guard ContinuousClock.now >= lagDue else { return }
        var partitions = Dictionary(
            uniqueKeysWithValues: consumer.lag().map { ($0.key.partition, PartitionProgress($0.value)) })
        batch?.forEach { partitions[$0.partition]?.setBack(to: $0.offset) }
        status.measured(partitions)
        for partition in partitions.keys where partitionsSeen.insert(partition).inserted {
            metrics.exposeLag(ofPartition: partition, from: status)
        }
        // From the end of the call, which may have waited for the coordinator.
        let isKnown = !partitions.isEmpty && partitions.values.allSatisfy { $0.lag != nil }
        lagDue = .now + (isKnown ? Self.lagInterval : Self.lagIntervalWhileUnknown)
    }

    /// - Returns: false when it was stopped before the batch was done; then nothing of it is committed.
    private func process(_ batch: RecordBatch, until stop: borrowing Atomic<Bool>) async throws -> Bool {
        let start = ContinuousClock.now
        let unreadable = decode(batch)
        let applied = try await attempt(batch, until: stop) { () throws(StateError) in try store.apply(events) }
        guard let outcome = applied else { return false }
        let now = clock.microseconds()
        metrics.applyDuration.observe((ContinuousClock.now - start).microseconds)
        for index in store.appliedEvents { metrics.ages.observe(events[index], now: now) }
        guard try await setAside(unreadable, of: batch, now: now, until: stop) else { return false }
        // Letters hold up the loop as a slow state does.
        adaptBatchSize(to: batch.count, in: ContinuousClock.now - start)
        count(outcome, setAside: unreadable.count, now: now)
        logApplied(now: now)
        try commit { () throws(KafkaConsumerError) in try consumer.commit(batch) }
        return true
    }

    /// Tries again what could not be committed, when that is due: no further record may come that would do it.
    private func commitRest() throws(KafkaConsumerError) {
        guard let refusedCommit, ContinuousClock.now >= refusedCommit.due else { return }
        try commit { () throws(KafkaConsumerError) in try consumer.commitRest() }
    }

    /// Tries once more when the loop ends, so that the next member has nothing to read again.
    private func commitLast() {
        // A coordinator that refused for a rebalance answers at once. After any other failure it may not answer at all,
        // and the commit would wait for it until a supervisor has no more patience.
        guard refusedCommit?.error == .rebalancing else { return }
        try? commit { () throws(KafkaConsumerError) in try consumer.commitRest() }
    }

    private func commit(_ body: () throws(KafkaConsumerError) -> Void) throws(KafkaConsumerError) {
        do throws(KafkaConsumerError) {
            try body()
            if refusedCommit != nil { logger.info("Offsets are committed again") }
            refusedCommit = nil
            commitBackoff.attemptSucceeded()
        } catch {
            guard error.disposition == .retry else { throw error }
            metrics.commitFailures.increment()
            if refusedCommit == nil {
                logger.warning("Offsets not committed; trying again", metadata: [LogKey.reason: "\(error)"])
            }
            // From the end of the call, which may have waited for the coordinator.
            refusedCommit = (error: error, due: ContinuousClock.now + commitBackoff.attemptFailed())
        }
    }

    private func adaptBatchSize(to count: Int, in duration: Duration) {
        metrics.batchRecords.observe(Int64(count))
        batchSize.applied(count, in: duration)
        metrics.batchLimit.set(Int64(batchSize.records))
    }

    /// Fills `events` with what can be read, and returns what cannot.
    private func decode(_ batch: RecordBatch) -> [(index: Int, reason: RecordReadError)] {
        events.removeAll(keepingCapacity: true)
        var unreadable: [(index: Int, reason: RecordReadError)] = []
        for index in 0..<batch.count {
            let record = batch[index]
            do throws(RecordReadError) {
                var event = try CanonicalEvent(key: record.key, value: record.value)
                event.path = DeliveryPath(header: record.header(RecordHeader.path))
                events.append(event)
            } catch {
                unreadable.append((index, error))
                logger.warning(
                    "Record set aside",
                    metadata: [
                        LogKey.topic: "\(record.topic)", LogKey.partition: "\(record.partition)",
                        LogKey.offset: "\(record.offset)", LogKey.reason: "\(error)",
                    ])
            }
        }
        return unreadable
    }

    /// Does something with the store, again and again while the state cannot take it now.
    ///
    /// - Parameter batch: what is to be applied by it.
    /// - Returns: nil when it was stopped meanwhile.
    private func attempt<Outcome>(
        _ batch: RecordBatch? = nil, until stop: borrowing Atomic<Bool>, _ body: () throws(StateError) -> Outcome
    ) async throws -> Outcome? {
        var backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(5))
        while true {
            do throws(StateError) {
                let outcome = try body()
                status.storeRecovered()
                return outcome
            } catch {
                guard error.disposition == .retry else { throw error }
                metrics.applyFailures.increment()
                if status.storeFailed("\(error)") {
                    logger.error("The state takes nothing; trying again", metadata: [LogKey.reason: "\(error)"])
                }
            }
            guard !stop.load(ordering: .relaxed) else { return nil }
            measureLag(unapplied: batch)
            try await Task.sleep(for: backoff.attemptFailed())
        }
    }

    /// Publishes to the dead letter topic, again and again until all is acknowledged: a record is never just skipped.
    ///
    /// - Returns: false when it was stopped meanwhile.
    private func setAside(
        _ unreadable: [(index: Int, reason: RecordReadError)], of batch: RecordBatch, now: Int64,
        until stop: borrowing Atomic<Bool>
    ) async throws -> Bool {
        var letters = DeadLetterQueue(unreadable, of: batch, groupID: groupID, now: now)
        var backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(5))
        while !letters.isEmpty {
            let slice = letters.nextSlice()
            let failures = try await deadLetters.publish(slice)
            let step = letters.answered(failures)
            deadLetters.tell(step, failures)
            if case .end(let error) = step { throw error }
            if letters.isEmpty { break }
            guard !stop.load(ordering: .relaxed) else { return false }
            measureLag(unapplied: batch)
            if failures.contains(nil) { backoff.attemptSucceeded() }
            if case .tryAgain = step { try await Task.sleep(for: backoff.attemptFailed()) }
        }
        return true
    }

    private func count(_ outcome: ApplyOutcome, setAside: Int, now: Int64) {
        assert(outcome.applied + outcome.alreadyApplied == events.count)
        metrics.outcomes[.applied].increment(by: UInt64(outcome.applied))
        metrics.outcomes[.alreadyApplied].increment(by: UInt64(outcome.alreadyApplied))
        metrics.outcomes[.setAside].increment(by: UInt64(setAside))
        metrics.conflicts.increment(by: UInt64(outcome.conflicting))
        if outcome.conflicting > 0 {
            logger.warning(
                "Events with the id of a known one say something else; the first is kept",
                metadata: [LogKey.count: "\(outcome.conflicting)"])
        }
        metrics.consumed.increment(by: UInt64(events.count + setAside))
        metrics.batches.increment()
        var newest = Int64.min
        for event in events { newest = max(newest, event.time.microsecondsSinceEpoch) }
        if !events.isEmpty { status.applied(now: now, newestEventTime: newest) }
    }

    private func logApplied(now: Int64) {
        guard logger.logLevel <= .debug else { return }
        for event in events {
            let latency = now - event.time.microsecondsSinceEpoch
            logger.debug(
                "Record applied",
                metadata: [
                    LogKey.eventID: "\(event.id)", LogKey.type: "\(event.type.name)",
                    LogKey.path: "\(event.path?.name ?? "")",
                    LogKey.latency: "\(latency / 1000).\(latency % 1000 / 100)",
                ])
        }
    }
}

extension Duration {
    fileprivate var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
