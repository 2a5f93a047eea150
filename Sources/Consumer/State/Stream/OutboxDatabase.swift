/// A connection that writes.
package protocol StatementWriter: AnyObject {
    /// Runs a statement once for each list of parameters, in order.
    ///
    /// - Returns: how many rows were written in all.
    @discardableResult
    func write(_ sql: String, _ parameters: [[FactValue]]) throws(StateError) -> Int
}

/// A connection that reads the state and keeps the outbox. Used by one thread at a time.
package protocol OutboxDatabase: StateDatabase, StatementWriter {
    /// Runs `body` in one transaction, which sees what others have committed before each statement.
    func transaction<Result>(_ body: () throws(StateError) -> Result) throws(StateError) -> Result
}
