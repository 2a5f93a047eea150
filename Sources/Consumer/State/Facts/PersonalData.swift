import EventContract

// A user's removal empties what is personal in the user's rows: a value is there exactly when its rank is above the
// sequence of the user's newest removal. Below it nothing can ever show again, since a rebirth sets every register.
// See docs/decisions/0014-erasure.md.

extension StateTable {
    /// Whether the column says what a person is called, how they are reached or what is known of them.
    func isPersonal(_ column: Column) -> Bool {
        switch (self, column) {
        case (.users, .username), (.users, .firstName), (.users, .lastName), (.users, .nickName),
            (.users, .displayName), (.users, .preferredLanguage), (.users, .gender), (.users, .email),
            (.users, .phone), (.users, .name), (.users, .description), (.userMetadata, .value):
            true
        default: false
        }
    }
}

extension Column {
    /// What stands in the place of a personal value that was emptied.
    ///
    /// NULL under a metadata key says that the entry was removed, which the history tells, so there it is empty text.
    var emptied: FactValue { self == .value ? .text("") : .null }
}

extension BatchMerge {
    /// The sequence of the removal that the batch has for a row of `users`, 0 for none.
    func removalSequence(of row: Row) -> Int64 {
        guard row.key.table == .users, row.registers.contains(.removed) else { return 0 }
        return events[winner(at: StateTable.users.registers.position(of: .removed), in: row)].sequence
    }
}

/// The users that a transaction removes, and the metadata that it empties for that.
///
/// The upsert of a user's row empties that row itself.
struct UserRemovals {
    private let removals: [(user: UTF8Text, sequence: Int64)]

    /// - Parameter rows: the places of the rows that the transaction has inserted or changed.
    init(_ batch: BatchMerge, changed rows: [Int]) {
        removals = rows.compactMap { index in
            let row = batch.rows[index]
            let sequence = batch.removalSequence(of: row)
            return sequence > 0 ? (row.key.first, sequence) : nil
        }
    }

    var isEmpty: Bool { removals.isEmpty }

    /// Comes after the facts of the same transaction, in the order of the users: transactions that empty the same rows
    /// wait for each other instead of for ever.
    func emptyMetadata(in database: some StatementWriter) throws(StateError) {
        if isEmpty { return }
        try database.write(
            Self.statement,
            removals.sorted { $0.user < $1.user }.map { [.text($0.user), .integer($0.sequence)] })
    }

    private static let statement =
        "UPDATE user_metadata SET value = '' WHERE user_id = $1 AND value_seq <= $2 AND value <> ''"
}
