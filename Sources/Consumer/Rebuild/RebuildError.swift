import KafkaClient
import ServiceRuntime

/// Why a rebuild did not come to its end. The same line goes on where this one stopped, unless the text says otherwise.
package enum RebuildError: Error, Equatable {
    /// What an earlier rebuild replaced is still there.
    case previousThere
    /// The new state that is there was read from another topic.
    case otherTopic(String)
    /// The topic ends before what was read of it.
    case topicReplaced(topic: String, partition: Int32)
    case stopped
    /// The brokers gave no record for a minute.
    case silent(topic: String)
    /// A consumer writes to the live state.
    case consumersRun(reason: String)
    /// The states differ, and nobody has said that this is right.
    case differs(rows: Int, isExact: Bool, wantsSwap: Bool)
    /// The topic no longer has everything it once had.
    case recordsMissing(Int64)
    case notPermitted(reason: String)
}

extension RebuildError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .previousThere:
            "the state that an earlier rebuild replaced is still there: remove it with `rebuild --discard`"
        case .otherTopic(let topic):
            "the rebuild that is not finished reads the topic \(topic): begin again with --restart"
        case .topicReplaced(let topic, let partition):
            """
            partition \(partition) of \(topic) ends before what was read of it: the topic was made anew. Begin again \
            with --restart
            """
        case .stopped: "stopped; the same line goes on from here"
        case .silent(let topic): "the brokers gave no record of \(topic) for 60 s; the same line goes on from here"
        case .consumersRun(let reason):
            """
            nothing was replaced, because a consumer runs (\(reason)). Stop every consumer and run the same line \
            again: the new state is kept, and only what is new will be read
            """
        case .differs(let rows, let isExact, let wantsSwap):
            "rows that differ: \(rows)" + (isExact ? "" : ", perhaps only because records were being applied meanwhile")
                + (wantsSwap ? "; nothing was replaced. If the new state is the right one: --accept-differences" : "")
        case .recordsMissing(let count):
            """
            \(count) records were deleted from the topic, so the new state lacks what they said; nothing was replaced. \
            If that is right: --accept-missing-records
            """
        case .notPermitted(let reason):
            """
            a right is missing (\(reason)): a rebuild on PostgreSQL needs the owner of the tables, with CREATE on the \
            database and on the schema
            """
        }
    }
}
