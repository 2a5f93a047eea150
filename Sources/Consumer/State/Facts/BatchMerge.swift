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
        package let event: Int
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
        // Through the buffer, elements are used in place; an array would copy each of them out.
        batch.withUnsafeBufferPointer { events in
            for index in events.indices {
                let facts = events[index].facts
                if facts.registers.isEmpty { continue }
                contribute(index, facts.registers, to: row(for: facts.row), events)
            }
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

    /// The index of the event that wins a register of `row`.
    ///
    /// - Parameter place: the register's place among those of the table; `row.registers` has it.
    package func winner(at place: Int, in row: Row) -> Int { Int(winners[row.winnersStart + place]) }

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

    private mutating func contribute(
        _ event: Int, _ registers: RegisterSet, to rowIndex: Int, _ events: UnsafeBufferPointer<CanonicalEvent>
    ) {
        let start = rows[rowIndex].winnersStart
        let ofTable = rows[rowIndex].key.table.registers
        var won = RegisterSet()
        var isConflict = false
        for register in registers {
            let place = start + ofTable.position(of: register)
            switch Self.compare(event, with: Int(winners[place]), register, events) {
            case .newer:
                winners[place] = Int32(truncatingIfNeeded: event)
                won.insert(register)
            case .conflicting: isConflict = true
            case .known: break
            }
        }
        if isConflict { conflicting += 1 }
        if won.isEmpty { return }
        contributions.append(
            Contribution(event: event, registers: won, next: rows[rowIndex].lastContribution))
        rows[rowIndex].lastContribution = Int32(truncatingIfNeeded: contributions.count - 1)
        rows[rowIndex].contributionCount += 1
        rows[rowIndex].registers.formUnion(won)
    }

    private enum Comparison { case newer, known, conflicting }

    private static func compare(
        _ event: Int, with holder: Int, _ register: Register, _ events: UnsafeBufferPointer<CanonicalEvent>
    ) -> Comparison {
        if holder == none { return .newer }
        let rank = events[event].rank(of: register)
        let held = events[holder].rank(of: register)
        if rank != held { return rank > held ? .newer : .known }
        // Two removals may share a time; only a shared sequence makes them one event.
        return events[event].sequence == events[holder].sequence && events[event] != events[holder]
            ? .conflicting : .known
    }
}
