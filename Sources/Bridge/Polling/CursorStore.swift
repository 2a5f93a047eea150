import KafkaClient

/// Where the poll cursor is kept between two runs, and between two bridges.
protocol CursorStore: Sendable {
    /// Writes the cursor and returns once every in-sync replica has it.
    ///
    /// - Throws: `PublishError`; the cursor may have been written all the same.
    func save(_ cursor: PollCursor) async throws(PublishError)
}
