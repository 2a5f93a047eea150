package import EventContract

/// A batch reduced to its newest facts: for each touched row, the event that wins each register.
///
/// A store writes only these survivors. Because a register keeps the fact of the highest rank, merging first and
/// writing after gives the same state as writing event by event.
package struct BatchMerge {
    /// A row that the batch touches.
    package struct Row {
        package let key: RowKey
        /// The registers that have a winner in this batch.
        package fileprivate(set) var registers: RegisterSet
        /// Where the row's winners start; one place per register of the table.
        fileprivate let winnersStart: Int
        /// The newest contribution; the others follow by `Contribution.next`.
        fileprivate var lastContribution: Int32
        package fileprivate(set) var contributionCount: Int32
    }

    /// What one event won at the moment it was merged. A later event may have taken it over since.
    package struct Contribution {
        package let event: Int32
        package let registers: RegisterSet
        fileprivate let next: Int32
    }

    package private(set) var events: [CanonicalEvent] = []
    package private(set) var rows: [Row] = []
    /// Events of the batch that carry the id of an earlier one but another fact; the first is kept.
    package private(set) var conflicting = 0
    /// Index of the winning event per register of each row, `none` where the batch has none.
    private var winners: [Int32] = []
    private var contributions: [Contribution] = []
    private var rowOfKey: [RowKey: Int32] = [:]

    private static let none: Int32 = -1

    package init() {}

    /// Merges one batch, in any order. What was merged before is dropped, its memory kept.
    package mutating func merge(_ batch: [CanonicalEvent]) {
        reset(batch)
        for index in batch.indices {
            let facts = batch[index].facts
            if facts.registers.isEmpty { continue }
            contribute(Int32(truncatingIfNeeded: index), facts.registers, to: row(for: facts.row))
        }
    }

    /// Lets go of the batch but keeps the memory for the next one.
    package mutating func reset(_ batch: [CanonicalEvent] = []) {
        events = batch
        conflicting = 0
        rows.removeAll(keepingCapacity: true)
        winners.removeAll(keepingCapacity: true)
        contributions.removeAll(keepingCapacity: true)
        rowOfKey.removeAll(keepingCapacity: true)
    }

    /// - Precondition: `register` is one of `row.registers`.
    package func winner(of register: Register, in row: Row) -> CanonicalEvent {
        events[Int(winners[row.winnersStart + row.key.table.registers.position(of: register)])]
    }

    /// The events that won a register of `row` when they were merged, newest merged first.
    package func forEachContribution(to row: Row, _ body: (Contribution) -> Void) {
        var index = row.lastContribution
        while index != Self.none {
            let contribution = contributions[Int(index)]
            body(contribution)
            index = contribution.next
        }
    }

    private mutating func row(for key: RowKey) -> Int {
        if let known = rowOfKey[key] { return Int(known) }
        let index = rows.count
        rowOfKey[key] = Int32(truncatingIfNeeded: index)
        rows.append(
            Row(
                key: key, registers: RegisterSet(), winnersStart: winners.count, lastContribution: Self.none,
                contributionCount: 0))
        winners.append(contentsOf: repeatElement(Self.none, count: key.table.registers.count))
        return index
    }

    private mutating func contribute(_ event: Int32, _ registers: RegisterSet, to rowIndex: Int) {
        let row = rows[rowIndex]
        var won = RegisterSet()
        var conflict = false
        for register in registers {
            let place = row.winnersStart + row.key.table.registers.position(of: register)
            switch compare(event, with: winners[place], register) {
            case .newer:
                winners[place] = event
                won.insert(register)
            case .conflicting: conflict = true
            case .known: break
            }
        }
        if conflict { conflicting += 1 }
        if won.isEmpty { return }
        contributions.append(Contribution(event: event, registers: won, next: row.lastContribution))
        rows[rowIndex].lastContribution = Int32(truncatingIfNeeded: contributions.count - 1)
        rows[rowIndex].contributionCount += 1
        rows[rowIndex].registers.formUnion(won)
    }

    private enum Comparison { case newer, known, conflicting }

    private func compare(_ event: Int32, with holder: Int32, _ register: Register) -> Comparison {
        if holder == Self.none { return .newer }
        let challenger = events[Int(event)]
        let champion = events[Int(holder)]
        let rank = challenger.rank(of: register)
        let held = champion.rank(of: register)
        if rank != held { return rank > held ? .newer : .known }
        // Two removals may share a time; only a shared sequence makes them one event.
        return challenger.sequence == champion.sequence && challenger != champion ? .conflicting : .known
    }
}
