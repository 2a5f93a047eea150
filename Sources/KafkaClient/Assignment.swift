/// A partition of a topic.
package struct TopicPartition: Hashable, Sendable {
    package let topic: String
    package let partition: Int32

    package init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }
}

/// The partitions a consumer owns now, and since when.
///
/// Each time a partition is assigned it gets a new term. A batch remembers the terms of its records, so that a commit
/// of records from before a rebalance cannot set a partition back, even when it has come home in the meantime.
struct Assignment {
    /// One stretch of owning one partition.
    struct Term: Equatable {
        let number: Int
        /// The next offset the group would read, as far as we have committed it.
        var committed: Int64?
        /// The offset behind what is to be committed.
        var done: Int64?
    }

    private(set) var terms: [TopicPartition: Term] = [:]
    private var lastNumber = 0

    var partitions: [TopicPartition] { Array(terms.keys) }

    mutating func assigned(_ partitions: [TopicPartition]) {
        for partition in partitions {
            lastNumber += 1
            terms[partition] = Term(number: lastNumber)
        }
    }

    mutating func revoked(_ partitions: [TopicPartition]) {
        for partition in partitions { terms[partition] = nil }
    }

    mutating func revokedAll() { terms = [:] }

    mutating func committed(_ partition: TopicPartition, next offset: Int64) { terms[partition]?.committed = offset }

    /// These records are to be committed, as far as they are still ours.
    mutating func done(_ ranges: [OffsetRange]) {
        for range in owned(ranges) {
            let before = terms[range.partition]?.done ?? 0
            terms[range.partition]?.done = max(range.last + 1, before)
        }
    }

    /// What a commit may name: the next offset of each partition of which something is to be committed and is not.
    var uncommitted: [TopicPartition: Int64] {
        terms.compactMapValues { term in term.done.flatMap { $0 > term.committed ?? 0 ? $0 : nil } }
    }

    /// The ranges of partitions that have been ours ever since their records were read.
    func owned(_ ranges: [OffsetRange]) -> [OffsetRange] {
        ranges.filter { terms[$0.partition]?.number == $0.term }
    }
}

/// The records of one partition in a batch.
struct OffsetRange: Equatable {
    let partition: TopicPartition
    /// The term in which they were read.
    let term: Int
    var first: Int64
    var last: Int64
}
