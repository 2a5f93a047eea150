import EventContract
import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime

/// Builds the state a second time from the topic, compares it with the live one, and replaces that on request.
///
/// All blocking calls of Kafka and of the databases run on the actor's own thread. See docs/decisions/0011-rebuild.md
/// for why no record is lost at the swap.
actor Rebuild {
    struct Options: Sendable {
        /// Throw away a rebuild that was not finished.
        var begins = false
        var swaps = false
        var acceptsDifferences = false
        var acceptsMissingRecords = false
    }

    /// Records applied in one transaction at most.
    private static let batchMax = 5000
    private static let wait = Duration.milliseconds(100)
    /// How much work is done again at most after a crash.
    private static let saveInterval = Duration.seconds(1)
    private static let silenceMax = Duration.seconds(60)
    /// Comparisons beside consumers that are applying, before their differences are believed.
    private static let comparisonsMax = 3
    private static let pause = Duration.seconds(1)

    private let executor = DedicatedThreadExecutor(name: "rebuild")
    private let configuration: ConsumerConfiguration
    private let options: Options
    private let group: KafkaGroupOffsets
    private let place: any StateRebuild
    private let console: ProgressConsole
    private let logger: Logger
    private var positions: RebuildPositions
    private var report: RebuildReport
    private var events: [CanonicalEvent] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        _ configuration: ConsumerConfiguration, _ options: Options, console: ProgressConsole, logger: Logger
    ) throws(KafkaConfigurationError) {
        self.configuration = configuration
        self.options = options
        self.console = console
        self.logger = logger
        group = try KafkaGroupOffsets(
            configuration.kafka, group: configuration.groupID, topic: configuration.topic, logger: logger)
        place = configuration.state.rebuild()
        positions = RebuildPositions(topic: configuration.topic)
        report = RebuildReport(
            topic: configuration.topic, group: configuration.groupID, place: configuration.state.place)
    }

    /// - Returns: what was found, and why nothing was replaced although it was asked for, or that the states differ.
    func run() async throws -> (report: RebuildReport, failure: RebuildError?) {
        try place.lock()
        guard try !place.hasPrevious() else { throw RebuildError.previousThere }
        try begin()
        try await catchUp(group.positions())
        if options.swaps {
            try await holdLive()
        } else {
            try await compareBesideConsumers()
        }
        try hash()
        let failure = failure
        if options.swaps, failure == nil {
            try place.swap()
            report.isSwapped = true
        }
        return (report, failure)
    }

    private func begin() throws {
        let known = try place.begin(again: options.begins)
        if let other = known.first(where: { $0.topic != configuration.topic }) {
            throw RebuildError.otherTopic(other.topic)
        }
        if let mine = known.first { positions = mine }
    }

    /// Applies what the group has committed and the new state lacks.
    private func catchUp(_ group: [GroupPosition]) async throws {
        let ranges = try positions.ranges(to: group)
        if positions.missing > 0, report.missing == 0 {
            logger.error(
                "Records were deleted from the topic; the new state lacks what they said",
                metadata: [LogKey.topic: "\(positions.topic)", LogKey.count: "\(positions.missing)"])
        }
        report.missing = positions.missing
        defer { console.finish() }
        try await read(ranges)
        try place.save(positions)
    }

    private func read(_ ranges: [Int32: Range<Int64>]) async throws {
        let reader = try KafkaRangeReader(configuration.kafka, topic: configuration.topic, logger: logger)
        try reader.start(ranges)
        let total = ranges.values.reduce(0) { $0 + Int64($1.count) }
        let start = ContinuousClock.now
        var (savedAt, heardAt) = (start, start)
        while !reader.isComplete {
            guard !Task.isCancelled, !Task.isShuttingDownGracefully else {
                try place.save(positions)
                throw RebuildError.stopped
            }
            let batch = try reader.next(max: Self.batchMax, timeout: Self.wait)
            let now = ContinuousClock.now
            if !batch.isEmpty { heardAt = now }
            guard now - heardAt < Self.silenceMax else { throw RebuildError.silent(topic: configuration.topic) }
            try apply(batch)
            positions.set(reader.positions)
            if now - savedAt >= Self.saveInterval {
                try place.save(positions)
                savedAt = now
            }
            show(reader.positions, of: ranges, total: total, since: start)
        }
        positions.set(reader.positions)
    }

    private func apply(_ batch: RecordBatch) throws(StateError) {
        events.removeAll(keepingCapacity: true)
        batch.forEach { record in
            do throws(RecordReadError) {
                var event = try CanonicalEvent(key: record.key, value: record.value)
                event.path = DeliveryPath(header: record.header(RecordHeader.path))
                events.append(event)
            } catch {
                // A consumer has set it aside, or will.
                report.unreadable += 1
            }
        }
        report.records += Int64(batch.count)
        _ = try place.apply(events)
    }

    private func show(
        _ next: [Int32: Int64], of ranges: [Int32: Range<Int64>], total: Int64, since start: ContinuousClock.Instant
    ) {
        let read = ranges.reduce(0) { $0 + (next[$1.key] ?? $1.value.lowerBound) - $1.value.lowerBound }
        let elapsed = (ContinuousClock.now - start).components
        let progress = RebuildProgress(
            read: read, total: total,
            microseconds: elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000)
        console.show(
            line: { progress.line },
            log: {
                logger.info(
                    "Rebuild goes on",
                    metadata: [
                        LogKey.count: "\(progress.read)", RebuildLogKey.total: "\(progress.total)",
                        RebuildLogKey.rate: "\(progress.rate)",
                        RebuildLogKey.secondsLeft: "\(progress.secondsLeft.map(String.init) ?? "unknown")",
                    ])
            })
    }

    /// Compares, and again when consumers have applied something meanwhile.
    private func compareBesideConsumers() async throws {
        for number in 1...Self.comparisonsMax {
            let before = try await group.positions()
            try compare()
            let after = try await group.positions()
            report.isExact =
                before.map(\.committed) == after.map(\.committed) && positions.isLevel(with: after)
            if report.isIdentical || report.isExact || number == Self.comparisonsMax { return }
            do { try await Task.sleep(for: Self.pause) } catch { throw RebuildError.stopped }
            try await catchUp(group.positions())
        }
    }

    /// From here on nobody applies anything to the live state, so nothing can be lost between the two.
    private func holdLive() async throws {
        do throws(StateError) {
            try place.holdLive()
        } catch {
            guard case .inUse(_, let process) = error else { throw error }
            throw RebuildError.consumersRun(reason: "process \(process)")
        }
        let committed: [GroupPosition]
        do {
            committed = try await group.requireNoMembers()
        } catch GroupOffsetsError.groupActive(let group, let reason) {
            throw RebuildError.consumersRun(reason: "the group \(group) has members: \(reason)")
        }
        try await catchUp(committed)
        try compare()
        report.isExact = positions.isLevel(with: committed)
    }

    private func compare() throws(StateError) {
        logger.info("Rebuild compares", metadata: [:])
        let (live, rebuilt) = try place.readers()
        report.comparison = try StateComparison(live: live, rebuilt: rebuilt)
    }

    private func hash() throws(StateError) {
        let (live, rebuilt) = try place.readers()
        let hash = { [key = configuration.groupsMetadataKey] (state: StateReader) throws(StateError) in
            try StateExport(state, groupsKey: key, warn: { _ in }).hash()
        }
        report.rebuiltHash = try hash(rebuilt)
        if let live { report.liveHash = report.isIdentical ? report.rebuiltHash : try hash(live) }
    }

    private var failure: RebuildError? {
        if let rows = report.comparison?.differentRows, rows > 0, !options.acceptsDifferences {
            return .differs(rows: rows, isExact: report.isExact, wantsSwap: options.swaps)
        }
        if options.swaps, report.missing > 0, !options.acceptsMissingRecords { return .recordsMissing(report.missing) }
        return nil
    }
}

enum RebuildLogKey {
    static let total = "total"
    static let rate = "records_per_second"
    static let secondsLeft = "seconds_left"
}
