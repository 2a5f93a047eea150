import EventContract

/// Writes the survivors of a batch, inside a transaction that its caller opens and ends.
final class SQLiteFactWriter {
    private struct StatementKey: Hashable {
        let table: StateTable
        let registers: RegisterSet
    }

    private let connection: SQLiteConnection
    private let arena = BindArena()
    /// Places of the rows that the newest `write` has inserted or changed.
    private(set) var changedRows: [Int] = []
    private var upserts: [StatementKey: FactStatement] = [:]
    private var selects: [StatementKey: FactStatement] = [:]
    /// See `StateStore`; its owner empties it.
    var appliedEvents: [Int] = []

    /// Sets of registers seen in one batch are few; the bound guards against input made to have many.
    private static let statementsMax = 128

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    func write(_ batch: BatchMerge) throws(StateError) -> ApplyOutcome {
        var outcome = ApplyOutcome(conflicting: batch.conflicting)
        changedRows.removeAll(keepingCapacity: true)
        // Through the buffer, events are used in place; an array would copy each of them out.
        try batch.events.withUnsafeBufferPointer { (events) throws(StateError) in
            for (index, row) in batch.rows.enumerated() {
                let result =
                    try row.contributionCount == 1 ? writeOne(row, batch, events) : writeMany(row, batch, events)
                // A row changes exactly when one of its events brings something newer.
                if result.applied > 0 { changedRows.append(index) }
                outcome.applied += result.applied
                outcome.conflicting += result.conflicting
            }
        }
        outcome.alreadyApplied = batch.events.count - outcome.applied
        return outcome
    }

    /// A row with the facts of one event: whether the row changes tells whether the event was new.
    private func writeOne(
        _ row: BatchMerge.Row, _ batch: BatchMerge, _ events: UnsafeBufferPointer<CanonicalEvent>
    ) throws(StateError) -> ApplyOutcome {
        if try upsert(row, row.registers, batch, events) {
            batch.forEachContribution(to: row) { appliedEvents.append($0.event) }
            return ApplyOutcome(applied: 1)
        }
        // All of it is stored already, or overtaken; a conflict is all there is left to find.
        var none: [Int] = []
        return ApplyOutcome(
            conflicting: try storedFacts(of: row).judge(row, batch, events, applied: &none).outcome.conflicting)
    }

    /// A row with facts of several events: which of them were new is decided against what is stored.
    private func writeMany(
        _ row: BatchMerge.Row, _ batch: BatchMerge, _ events: UnsafeBufferPointer<CanonicalEvent>
    ) throws(StateError) -> ApplyOutcome {
        let (outcome, newer) = try storedFacts(of: row).judge(row, batch, events, applied: &appliedEvents)
        if !newer.isEmpty { _ = try upsert(row, newer, batch, events) }
        return outcome
    }

    /// - Returns: whether the row was new or changed.
    private func upsert(
        _ row: BatchMerge.Row, _ registers: RegisterSet, _ batch: BatchMerge,
        _ events: UnsafeBufferPointer<CanonicalEvent>
    ) throws(StateError) -> Bool {
        let prepared = try statement(row.key.table, registers, &upserts) { $0.upsert }
        let statement = prepared.statement
        arena.reset()
        var index = bindKey(of: row, to: statement)
        let removal = batch.removalSequence(of: row)
        var current = (index: -1, event: events[0])
        for column in prepared.columns {
            let winner = batch.winner(at: column.place, in: row)
            if winner != current.index { current = (winner, events[winner]) }
            if let fact = column.fact {
                let isEmptied = column.isPersonal && current.event.rank(of: column.register) <= removal
                bind(isEmptied ? fact.emptied : current.event.value(of: fact), at: index, to: statement)
            } else {
                statement.bind(index, current.event.rank(of: column.register))
            }
            index += 1
        }
        _ = try statement.step()
        statement.reset()
        return connection.changes > 0
    }

    private func storedFacts(of row: BatchMerge.Row) throws(StateError) -> StoredFacts {
        let prepared = try statement(row.key.table, row.registers, &selects) { $0.select }
        arena.reset()
        _ = bindKey(of: row, to: prepared.statement)
        defer { prepared.statement.reset() }
        return try StoredFacts(row.key.table, prepared.columns, prepared.statement.step() ? prepared.statement : nil)
    }

    /// - Returns: the index of the parameter after the key.
    private func bindKey(of row: BatchMerge.Row, to statement: SQLiteStatement) -> Int32 {
        statement.bind(1, row.key.first, in: arena)
        if !row.key.table.hasSecondKey { return 2 }
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
        _ table: StateTable, _ registers: RegisterSet, _ known: inout [StatementKey: FactStatement],
        _ sql: (FactSQL) -> String
    ) throws(StateError) -> FactStatement {
        let key = StatementKey(table: table, registers: registers)
        if let statement = known[key] { return statement }
        if known.count >= Self.statementsMax { known.removeAll() }
        let text = FactSQL(table, registers)
        let statement = FactStatement(statement: try connection.prepare(sql(text)), columns: text.columns)
        known[key] = statement
        return statement
    }
}

/// A prepared statement with the columns that its parameters or results stand for, after the key.
private final class FactStatement {
    let statement: SQLiteStatement
    let columns: [FactSQL.FactColumn]

    init(statement: SQLiteStatement, columns: [FactSQL.FactColumn]) {
        self.statement = statement
        self.columns = columns
    }
}
