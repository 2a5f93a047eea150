import EventContract

/// What a transaction puts into the outbox: the users whose lines it may have changed.
struct StreamMarks {
    private(set) var users: Set<UTF8Text> = []
    private(set) var causes: Set<StreamCause> = []

    init(users: some Sequence<UTF8Text>) { self.users = Set(users) }

    init(cause: StreamCause) { causes = [cause] }

    /// - Parameter rows: the places of the rows that the transaction has inserted or changed.
    init(_ batch: BatchMerge, changed rows: [Int]) {
        for index in rows {
            let row = batch.rows[index]
            switch row.key.table {
            case .users, .userMetadata, .userGrants: users.insert(row.key.first)
            case .organizations, .projects, .projectRoles, .projectGrants: causes.formUnion(StreamCause.of(row))
            }
        }
    }

    /// In the order of their keys, after the facts: transactions that mark the same rows wait for each other instead
    /// of for ever.
    func write(to database: some StatementWriter) throws(StateError) {
        if !users.isEmpty { try database.write(Self.markUser, users.sorted().map { [.text($0)] }) }
        if causes.isEmpty { return }
        try database.write(
            Self.markCause,
            causes.sorted().map { [.text(UTF8Text($0.kind.rawValue)), .text($0.id), .text($0.secondID)] })
    }

    private static let markUser = """
        INSERT INTO stream_users (user_id) VALUES ($1) \
        ON CONFLICT (user_id) DO UPDATE SET change = stream_users.change + 1
        """

    /// A cause that is being worked off begins again: lines before its place may be older than this mark.
    private static let markCause = "INSERT INTO stream_causes (kind, id, second_id) VALUES ($1, $2, $3) \(restart)"

    static let restart = """
        ON CONFLICT (kind, id, second_id) DO UPDATE SET after_user = '', change = stream_causes.change + 1
        """
}
