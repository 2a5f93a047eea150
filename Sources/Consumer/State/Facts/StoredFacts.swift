import EventContract

/// What a row holds in some of its registers before a batch is written.
struct StoredFacts {
    private var ranks = [Int64](repeating: 0, count: Register.allCases.count)
    private var values: [Column: FactValue] = [:]
    private let table: StateTable

    /// - Parameter row: stands on the row that `FactSQL.select` found; nil when there is no such row.
    init(_ table: StateTable, _ columns: [FactSQL.FactColumn], _ row: (any StateRows)?) {
        self.table = table
        guard let row else { return }
        for (index, column) in columns.enumerated() {
            if let fact = column.fact {
                values[fact] = row.fact(Int32(index))
            } else {
                ranks[Int(column.register.rawValue)] = row.integer(Int32(index))
            }
        }
    }

    /// Judges the events that won registers of `row` in their batch against what is stored.
    ///
    /// - Parameter applied: gets the events that bring something newer.
    /// - Returns: how many of them bring something newer, how many contradict what is stored, and the registers to
    ///   write.
    func judge(
        _ row: BatchMerge.Row, _ batch: BatchMerge, _ events: UnsafeBufferPointer<CanonicalEvent>,
        applied: inout [Int]
    ) -> (outcome: ApplyOutcome, newer: RegisterSet) {
        var outcome = ApplyOutcome()
        var newer = RegisterSet()
        batch.forEachContribution(to: row) { contribution in
            let won = olderRegisters(than: events[contribution.event], contribution.registers)
            if !won.isEmpty {
                outcome.applied += 1
                applied.append(contribution.event)
            }
            newer.formUnion(won)
            if conflict(with: events[contribution.event], contribution.registers) { outcome.conflicting += 1 }
        }
        return (outcome, newer)
    }

    /// The registers whose stored fact is older than the event's.
    private func olderRegisters(than event: CanonicalEvent, _ registers: RegisterSet) -> RegisterSet {
        var older = RegisterSet()
        for register in registers where ranks[Int(register.rawValue)] < event.rank(of: register) {
            older.insert(register)
        }
        return older
    }

    /// Whether the row holds a fact of the same event that says something else.
    private func conflict(with event: CanonicalEvent, _ registers: RegisterSet) -> Bool {
        registers.contains { register in
            ranks[Int(register.rawValue)] == event.rank(of: register)
                && table.columns(of: register).contains { isHeld($0) && values[$0] != event.value(of: $0) }
        }
    }

    /// Whether the column still holds what its event said, and not how it came.
    private func isHeld(_ column: Column) -> Bool {
        !column.isOrigin && !(table.isPersonal(column) && values[column] == column.emptied)
    }
}
