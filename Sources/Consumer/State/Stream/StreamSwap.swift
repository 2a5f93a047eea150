/// What the change stream hears when a whole state takes the place of another: see `docs/decisions/0011-rebuild.md`.
enum StreamSwap {
    /// Marks all users for publishing, where the stream is in use: each line may be another one now. A user that only
    /// the old state has gets a mark of its own, for the tombstone.
    ///
    /// Each parameter is what stands before a table's name: of the outbox that stays, of the old state, of the new.
    static func marks(outbox: String, old: String, new: String) -> String {
        let isInUse = """
            (EXISTS (SELECT 1 FROM \(outbox)stream_publisher WHERE beat > 0) \
            OR EXISTS (SELECT 1 FROM \(outbox)stream_users) OR EXISTS (SELECT 1 FROM \(outbox)stream_causes))
            """
        return """
            INSERT INTO \(outbox)stream_users (user_id) SELECT u.id FROM \(old)users u \
            WHERE \(isInUse) AND NOT EXISTS (SELECT 1 FROM \(new)users n WHERE n.id = u.id) ORDER BY u.id \
            ON CONFLICT (user_id) DO UPDATE SET change = stream_users.change + 1;
            INSERT INTO \(outbox)stream_causes (kind, id, second_id) \
            SELECT '\(StreamCause.all.kind.rawValue)', '', '' WHERE \(isInUse) \(StreamMarks.restart);
            """
    }

    /// Puts the rows of one outbox in the place of another's.
    static func copyOutbox(from old: String, to new: String) -> String {
        StreamSchema.tableNames.map { "DELETE FROM \(new)\($0); INSERT INTO \(new)\($0) SELECT * FROM \(old)\($0);" }
            .joined(separator: "\n")
    }
}
