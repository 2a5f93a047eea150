import CPostgres
import EventContract

/// Writes the survivors of a batch, inside a transaction that its caller opens and ends.
///
/// Rows are written in the order of their keys, so that two consumers that write the same ones wait for each other
/// instead of for ever.
package final class PostgresFactWriter {
    /// A statement for some rows of a batch: which row, and the registers it reads or writes.
    private struct RowWork {
        let row: Int
        let registers: RegisterSet
    }

    private struct StatementKey: Hashable {
        let table: StateTable
        let registers: RegisterSet
        let isUpsert: Bool
    }

    private struct Statement {
        let name: String
        let columns: [FactSQL.FactColumn]
    }

    private let connection: PostgresConnection
    private let statementsMax: Int
    /// Places of the rows that the newest `write` has inserted or changed.
    private(set) var changedRows: [Int] = []
    private let parameters = PostgresParameters()
    private var statements: [StatementKey: Statement] = [:]
    /// See `StateStore`.
    private(set) var appliedEvents: [Int] = []

    /// Sets of registers seen so far are few; the bound guards against input made to have many.
    package static let statementsMax = 256

    init(_ connection: PostgresConnection, _ statementsMax: Int) {
        self.connection = connection
        self.statementsMax = statementsMax
    }

    func write(_ batch: BatchMerge) throws(StateError) -> ApplyOutcome {
        if statements.count > statementsMax {
            statements.removeAll()
            try connection.forgetStatements()
        }
        // Through the buffer, events are used in place; an array would copy each of them out.
        return try batch.events.withUnsafeBufferPointer { (events) throws(StateError) in
            try write(batch, events)
        }
    }

    private func write(
        _ batch: BatchMerge, _ events: UnsafeBufferPointer<CanonicalEvent>
    ) throws(StateError) -> ApplyOutcome {
        var outcome = ApplyOutcome(conflicting: batch.conflicting)
        appliedEvents.removeAll(keepingCapacity: true)
        let all = batch.rows.indices.map { RowWork(row: $0, registers: batch.rows[$0].registers) }
        let sorted = all.sorted { batch.rows[$0.row].key < batch.rows[$1.row].key }

        // Rows with facts of several events: which of them are new is decided against what is stored.
        var newer: [Int: RegisterSet] = [:]
        try select(sorted.filter { batch.rows[$0.row].contributionCount > 1 }, batch) { work, stored in
            let judged = stored.judge(batch.rows[work.row], batch, events, applied: &appliedEvents)
            outcome.applied += judged.outcome.applied
            outcome.conflicting += judged.outcome.conflicting
            newer[work.row] = judged.newer
        }

        // Rows with the facts of one event: whether the row changes tells whether the event was new.
        let upserts = sorted.compactMap { work -> RowWork? in
            guard let registers = newer[work.row] else { return work }
            return registers.isEmpty ? nil : RowWork(row: work.row, registers: registers)
        }
        var unchanged: [RowWork] = []
        changedRows.removeAll(keepingCapacity: true)
        try upsert(upserts, batch, events) { work, changed in
            if changed { changedRows.append(work.row) }
            if batch.rows[work.row].contributionCount > 1 { return }
            guard changed else { return unchanged.append(work) }
            outcome.applied += 1
            batch.forEachContribution(to: batch.rows[work.row]) { appliedEvents.append($0.event) }
        }

        // All of these are stored already, or overtaken; conflicts are all there is left to find.
        try select(unchanged, batch) { work, stored in
            var none: [Int] = []
            outcome.conflicting +=
                stored.judge(batch.rows[work.row], batch, events, applied: &none).outcome.conflicting
        }
        outcome.alreadyApplied = batch.events.count - outcome.applied
        return outcome
    }

    private func select(
        _ works: [RowWork], _ batch: BatchMerge, _ body: (RowWork, StoredFacts) -> Void
    ) throws(StateError) {
        let statements = try prepare(works, batch, isUpsert: false)
        try connection.pipeline(count: works.count) { (index) throws(StateError) in
            parameters.removeAll()
            appendKey(of: batch.rows[works[index].row])
            return send(statements[index].name)
        } receive: { (index, result) throws(StateError) in
            let rows = PostgresRows(result)
            let table = batch.rows[works[index].row].key.table
            body(works[index], StoredFacts(table, statements[index].columns, try rows.step() ? rows : nil))
        }
    }

    private func upsert(
        _ works: [RowWork], _ batch: BatchMerge, _ events: UnsafeBufferPointer<CanonicalEvent>,
        _ body: (RowWork, _ changed: Bool) -> Void
    ) throws(StateError) {
        let statements = try prepare(works, batch, isUpsert: true)
        try connection.pipeline(count: works.count) { (index) throws(StateError) in
            let row = batch.rows[works[index].row]
            parameters.removeAll()
            appendKey(of: row)
            let removal = batch.removalSequence(of: row)
            for column in statements[index].columns {
                let event = batch.winner(at: column.place, in: row)
                if let fact = column.fact {
                    let isEmptied = column.isPersonal && events[event].rank(of: column.register) <= removal
                    parameters.append(isEmptied ? fact.emptied : events[event].value(of: fact))
                } else {
                    parameters.append(events[event].rank(of: column.register))
                }
            }
            return send(statements[index].name)
        } receive: { (index, result) throws(StateError) in
            body(works[index], result.changedRows > 0)
        }
    }

    private func appendKey(of row: BatchMerge.Row) {
        parameters.append(row.key.first)
        if row.key.table.hasSecondKey { parameters.append(row.key.second) }
    }

    private func send(_ name: String) -> Int32 {
        parameters.withPointers { count, values, lengths, formats in
            PQsendQueryPrepared(connection.handle, name, count, values, lengths, formats, 1)
        }
    }

    /// Prepares what the rows need, before the first is sent: a pipeline has no place for it.
    private func prepare(_ works: [RowWork], _ batch: BatchMerge, isUpsert: Bool) throws(StateError) -> [Statement] {
        var prepared: [Statement] = []
        prepared.reserveCapacity(works.count)
        for work in works {
            let table = batch.rows[work.row].key.table
            prepared.append(try statement(StatementKey(table: table, registers: work.registers, isUpsert: isUpsert)))
        }
        return prepared
    }

    private func statement(_ key: StatementKey) throws(StateError) -> Statement {
        if let statement = statements[key] { return statement }
        let text = FactSQL(key.table, key.registers)
        let name = try connection.prepare(key.isUpsert ? text.upsert : text.select)
        let statement = Statement(name: name, columns: text.columns)
        statements[key] = statement
        return statement
    }
}
