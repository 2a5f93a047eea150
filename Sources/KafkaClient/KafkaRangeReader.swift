package import Logging

/// Reads a range of offsets of each partition once, without a group: no commits, no rebalance.
///
/// Used by one thread at a time. It is an error when a record of a range was deleted before it was read: whoever reads
/// a range has to have all of it.
package final class KafkaRangeReader {
    private let reader: TailReader
    private var pass: TailPass

    /// Of the operator's properties those of a group do not apply.
    package init(
        _ configuration: KafkaConfiguration, topic: String, logger: Logger
    ) throws(KafkaConfigurationError) {
        try KafkaTopic.validate(topic)
        reader = try TailReader(configuration, topic: topic, logger, failsOnLostRecords: true)
        pass = TailPass([:], [:])
    }

    /// - Parameter ranges: by partition. Call it once.
    package func start(_ ranges: [Int32: Range<Int64>]) throws(KafkaConsumerError) {
        precondition(pass.positions.isEmpty)
        pass = TailPass(
            ranges.mapValues { TailPosition(next: $0.lowerBound, deliversAllFrom: 0, since: 0) },
            ranges.mapValues { OffsetBounds(low: $0.lowerBound, high: $0.upperBound) })
        try reader.start(pass.ends.keys.reduce(into: [:]) { $0[$1] = pass.positions[$1]?.next })
    }

    /// What is there now of the ranges; empty when nothing came in time.
    package func next(max: Int, timeout: Duration) throws(KafkaConsumerError) -> RecordBatch {
        let (batch, unreadable) = reader.read(max: max, timeout: timeout, &pass)
        if let fatal = reader.fatal { throw fatal }
        guard unreadable == 0 else { throw .notRead }
        return batch
    }

    /// The next offset of each partition.
    package var positions: [Int32: Int64] { pass.positions.mapValues(\.next) }

    package var isComplete: Bool { pass.isComplete }
}
