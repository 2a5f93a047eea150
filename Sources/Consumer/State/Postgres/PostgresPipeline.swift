import CPostgres

extension PostgresConnection {
    /// Statements whose results are not read yet. The server works on some while others are on their way.
    private static let inFlightMax = 512
    /// How many statements are sent, and results read, at once.
    private static let chunkSize = 128

    /// Runs `count` statements, without waiting for one before the next is sent.
    ///
    /// - Parameters:
    ///   - send: puts the statement of an index into its hands with one of libpq's `PQsend…`, and returns its result.
    ///   - receive: takes the result of an index, in order.
    func pipeline(
        count: Int, send: (Int) throws(StateError) -> Int32,
        receive: (Int, PostgresResult) throws(StateError) -> Void
    ) throws(StateError) {
        if count == 0 { return }
        guard PQenterPipelineMode(handle) == 1 else { throw connectionFailure() }
        var received = 0
        for index in 0..<count {
            guard try send(index) == 1 else { throw connectionFailure() }
            guard (index + 1) % Self.chunkSize == 0 else { continue }
            guard PQsendFlushRequest(handle) == 1, PQflush(handle) == 0 else { throw connectionFailure() }
            // Bounded, or the results of thousands of statements would lie in memory.
            while index + 1 - received > Self.inFlightMax - Self.chunkSize {
                try receive(received, nextResult())
                received += 1
            }
        }
        guard PQpipelineSync(handle) == 1 else { throw connectionFailure() }
        while received < count {
            try receive(received, nextResult())
            received += 1
        }
        _ = try checked(PQgetResult(handle))
        guard PQexitPipelineMode(handle) == 1 else { throw connectionFailure() }
    }

    /// The result of one statement, and the null pointer after it.
    private func nextResult() throws(StateError) -> PostgresResult {
        let result = try checked(PQgetResult(handle))
        PQclear(PQgetResult(handle))
        return result
    }
}
