package import EventContract

/// The place of a second state beside the live one, and its way into the live one's place. Used by one thread.
///
/// `lock` comes first. Whatever it holds, the lock on the live state among it, ends with the object.
package protocol StateRebuild: AnyObject {
    /// Keeps other rebuilds of the same state away, and mends what one left that was interrupted in its swap.
    func lock() throws(StateError)

    /// Whether the state that an earlier rebuild replaced is still there.
    func hasPrevious() throws(StateError) -> Bool

    /// Makes the new state, or goes on with one that was not finished.
    ///
    /// - Parameter again: throws away what was not finished.
    /// - Returns: how far each topic has been read into it.
    func begin(again: Bool) throws(StateError) -> [RebuildPositions]

    func apply(_ events: [CanonicalEvent]) throws(StateError) -> ApplyOutcome

    /// Everything up to there has been applied.
    func save(_ positions: RebuildPositions) throws(StateError)

    /// - Returns: for the live state nil when there is none.
    func readers() throws(StateError) -> (live: StateReader?, rebuilt: StateReader)

    /// Lets nobody write to the live state from now on; readers may go on.
    func holdLive() throws(StateError)

    /// Puts the new state into the place of the live one, in one step that a crash cannot divide. The old one stays.
    ///
    /// The change stream's outbox goes on in the new state. Where the stream is in use, all lines are published again.
    /// Call it after `holdLive`, when no reader of `readers` is left. Nothing but `discard` comes after it.
    func swap() throws(StateError)

    /// Removes the replaced state and a new one that was not finished.
    ///
    /// - Returns: bytes that are free now; 0 when there was none of both.
    func discard() throws(StateError) -> Int64
}

extension StateLocation {
    package func rebuild() -> any StateRebuild {
        switch self {
        case .sqlite(let path): SQLiteRebuild(path: path)
        case .postgres(let url): PostgresRebuild(url)
        }
    }
}
