package import EventContract

/// A database that takes events. Used by one thread at a time.
package protocol StateStore: AnyObject {
    /// Makes sure that events can be applied: reaches the database and brings its schema up to date.
    ///
    /// Not needed before `apply`, but says at once what is wrong.
    func prepare() throws(StateError)

    /// Applies a batch of events, in any order, in one transaction. When it returns, they survive a power cut.
    ///
    /// Applying events again changes nothing. When it throws, either nothing of the batch is stored or, if the database
    /// went away during its commit, all of it.
    func apply(_ events: [CanonicalEvent]) throws(StateError) -> ApplyOutcome

    /// Removes what was emptied from where it may still be beside the state, as far as nobody reads from there now.
    ///
    /// To be called again later; costs nothing when nothing was emptied since. Now and then, in a moment that is not
    /// `ending`, SQLite's file is written anew, which takes seconds for a gigabyte.
    func settle(_ moment: SettleMoment) -> Settling

    /// Places, in the batch that `apply` took last, of the events that were applied and had not been before, in no
    /// order. Means nothing after an `apply` that threw.
    var appliedEvents: [Int] { get }
}

/// What the caller of `settle` is doing.
package enum SettleMoment: Sendable {
    /// Nothing waits to be applied.
    case idle
    case busy
    /// The store is used no more.
    case ending
}

/// What `settle` has done that a person may want to know.
package enum Settling: Sendable {
    case nothingToTell
    /// The file was written anew, in this time.
    case rewritten(Duration)
    /// The file could not be written anew. The state is as it was.
    case failed(StateError)
}

/// A connection that answers the statements of `StateQueries`. Used by one thread at a time.
package protocol StateDatabase: AnyObject {
    /// Runs `body` so that all rows it reads are of one moment.
    func snapshot(_ body: () throws(StateError) -> Void) throws(StateError)

    /// Starts a statement.
    ///
    /// Call it inside `snapshot`, and do not use its rows after that.
    /// - Parameters:
    ///   - sql: the same text for every database; parameters are `$1`, `$2`, … in the order of their first appearance,
    ///     by which SQLite counts them.
    func rows(_ sql: String, _ parameters: [FactValue], size: ResultSize) throws(StateError) -> any StateRows

    /// Calls `body` with the few rows of one statement, which are of one moment by themselves. Outside `snapshot`.
    func rowsAlone(
        _ sql: String, _ parameters: [FactValue], _ body: (any StateRows) throws(StateError) -> Void
    ) throws(StateError)
}

/// How many rows a statement gives.
package enum ResultSize: Sendable {
    /// As many as memory holds without a second thought.
    case small
    /// They grow with the state: they come piece by piece.
    case large
}

/// The rows of a statement, read from the first to the last. NULL reads as empty text and as 0.
package protocol StateRows: AnyObject {
    /// Goes to the next row; the first call goes to the first one.
    ///
    /// - Returns: false after the last row.
    func step() throws(StateError) -> Bool

    func text(_ column: Int32) -> UTF8Text
    func integer(_ column: Int32) -> Int64
    /// The column as it was written.
    func fact(_ column: Int32) -> FactValue
}
