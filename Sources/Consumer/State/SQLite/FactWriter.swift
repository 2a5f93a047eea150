import EventContract

/// Writes the survivors of a batch, inside a transaction that its caller opens and ends.
final class FactWriter {
    private struct StatementKey: Hashable {
        let table: StateTable
        let registers: RegisterSet
    }

    private let connection: SQLiteConnection
    private let arena = BindArena()
    private var upserts: [StatementKey: SQLiteStatement] = [:]
    private var selects: [StatementKey: SQLiteStatement] = [:]

    /// Sets of registers seen in one batch are few; the bound guards against input made to have many.
    private static let statementsMax = 128

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    func write(_ batch: BatchMerge) throws(StateError) -> ApplyOutcome {
        var outcome = ApplyOutcome(conflicting: batch.conflicting)
        for row in batch.rows {
            let result = try row.contributionCount == 1 ? writeOne(row, batch) : writeSeveral(row, batch)
            outcome.applied += result.applied
            outcome.conflicting += result.conflicting
        }
        outcome.alreadyApplied = batch.events.count - outcome.applied
        return outcome
    }

    /// A row with the facts of one event: whether the row changes tells whether the event was new.
    private func writeOne(_ row: BatchMerge.Row, _ batch: BatchMerge) throws(StateError) -> ApplyOutcome {
        if try upsert(row, row.registers, batch) { return ApplyOutcome(applied: 1) }
        let stored = try storedFacts(of: row)
        var outcome = ApplyOutcome()
        batch.forEachContribution(to: row) { contribution in
            let event = batch.events[Int(contribution.event)]
            outcome.conflicting += stored.conflicts(with: event, contribution.registers) ? 1 : 0
        }
        return outcome
    }

    /// A row with facts of several events: which of them were new is decided against what is stored.
    private func writeSeveral(_ row: BatchMerge.Row, _ batch: BatchMerge) throws(StateError) -> ApplyOutcome {
        let stored = try storedFacts(of: row)
        var outcome = ApplyOutcome()
        batch.forEachContribution(to: row) { contribution in
            let event = batch.events[Int(contribution.event)]
            if stored.isOlder(than: event, contribution.registers) { outcome.applied += 1 }
            if stored.conflicts(with: event, contribution.registers) { outcome.conflicting += 1 }
        }
        var newer = row.registers
        for register in row.registers
        where stored.rank(of: register) >= batch.winner(of: register, in: row).rank(of: register) {
            newer.remove(register)
        }
        if !newer.isEmpty { _ = try upsert(row, newer, batch) }
        return outcome
    }

    /// - Returns: whether the row was new or changed.
    private func upsert(
        _ row: BatchMerge.Row, _ registers: RegisterSet, _ batch: BatchMerge
    ) throws(StateError) -> Bool {
        let statement = try statement(row.key.table, registers, &upserts) { $0.upsert }
        arena.reset()
        var index = bindKey(of: row, to: statement)
        for register in registers {
            let event = batch.winner(of: register, in: row)
            statement.bind(index, event.rank(of: register))
            index += 1
            for column in row.key.table.columns(of: register) {
                bind(event.value(of: column), at: index, to: statement)
                index += 1
            }
        }
        _ = try statement.step()
        statement.reset()
        return connection.changes > 0
    }

    private func storedFacts(of row: BatchMerge.Row) throws(StateError) -> StoredFacts {
        let statement = try statement(row.key.table, row.registers, &selects) { $0.select }
        arena.reset()
        _ = bindKey(of: row, to: statement)
        defer { statement.reset() }
        return try StoredFacts(row.key.table, row.registers, statement.step() ? statement : nil)
    }

    /// - Returns: the index of the parameter after the key.
    private func bindKey(of row: BatchMerge.Row, to statement: SQLiteStatement) -> Int32 {
        statement.bind(1, row.key.first, in: arena)
        if row.key.table.keyColumns.count == 1 { return 2 }
        statement.bind(2, row.key.second, in: arena)
        return 3
    }

    private func bind(_ value: FactValue, at index: Int32, to statement: SQLiteStatement) {
        switch value {
        case .text(let text): statement.bind(index, text, in: arena)
        case .integer(let integer): statement.bind(index, integer)
        case .null: statement.bindNull(index)
        }
    }

    private func statement(
        _ table: StateTable, _ registers: RegisterSet, _ known: inout [StatementKey: SQLiteStatement],
        _ sql: (FactSQL) -> String
    ) throws(StateError) -> SQLiteStatement {
        let key = StatementKey(table: table, registers: registers)
        if let statement = known[key] { return statement }
        if known.count >= Self.statementsMax { known.removeAll() }
        let statement = try connection.prepare(sql(FactSQL(table, registers)))
        known[key] = statement
        return statement
    }
}

/// What a row holds in some of its registers before a batch is written.
private struct StoredFacts {
    private var ranks = [Int64](repeating: 0, count: Register.allCases.count)
    private var values: [Column: FactValue] = [:]
    private let table: StateTable

    /// - Parameter row: a statement of `FactSQL.select` that stands on its row; nil when there is no such row.
    init(_ table: StateTable, _ registers: RegisterSet, _ row: SQLiteStatement?) {
        self.table = table
        guard let row else { return }
        var index: Int32 = 0
        for register in registers {
            ranks[Int(register.rawValue)] = row.integer(index)
            index += 1
            for column in table.columns(of: register) {
                values[column] = row.fact(index)
                index += 1
            }
        }
    }

    func rank(of register: Register) -> Int64 { ranks[Int(register.rawValue)] }

    func isOlder(than event: CanonicalEvent, _ registers: RegisterSet) -> Bool {
        registers.contains { rank(of: $0) < event.rank(of: $0) }
    }

    /// Whether the row holds a fact of the same event that says something else.
    func conflicts(with event: CanonicalEvent, _ registers: RegisterSet) -> Bool {
        registers.contains { register in
            rank(of: register) == event.rank(of: register)
                && table.columns(of: register).contains { values[$0] != event.value(of: $0) }
        }
    }
}

extension SQLiteStatement {
    /// The column as it was bound.
    fileprivate func fact(_ column: Int32) -> FactValue {
        switch kind(column) {
        case .null: .null
        case .integer: .integer(integer(column))
        case .text: .text(text(column))
        }
    }
}
