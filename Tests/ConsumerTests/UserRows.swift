import Consumer
import EventContract

/// The rows of users and of their metadata, fact by fact, without how the facts came.
enum UserRows {
    private static let tables: [StateTable] = [.users, .userMetadata]

    /// What a removal empties, written a second time.
    private static let personal: Set<String> = [
        "username", "first_name", "last_name", "nick_name", "display_name", "preferred_language", "gender", "email",
        "phone", "name", "description", "value",
    ]

    /// As they are stored.
    static func stored(in state: TemporaryState) throws -> [String] {
        let database = try state.reader().database
        var lines: [String] = []
        try database.snapshot { () throws(StateError) in
            for table in tables {
                let columns = FactSQL(table, table.registers).columns
                let names = table.keyColumns + columns.map(\.name)
                let rows = try database.rows(
                    "SELECT \(names.joined(separator: ", ")) FROM \(table.name)", [], size: .large)
                while try rows.step() {
                    let key = RowKey(table, rows.text(0), table.hasSecondKey ? rows.text(1) : nil)
                    var rank: Int64 = 0
                    for (index, column) in columns.enumerated() {
                        let place = Int32(table.keyColumns.count + index)
                        guard let fact = column.fact else {
                            rank = rows.integer(place)
                            continue
                        }
                        if let line = line(key, fact, rank, rows.fact(place)) { lines.append(line) }
                    }
                }
            }
        }
        return lines.sorted()
    }

    /// As these events have to end, whatever came when.
    static func expected(_ events: [CanonicalEvent]) -> [String] {
        struct Fact: Hashable {
            let key: RowKey
            let register: Register
        }
        var newest: [Fact: CanonicalEvent] = [:]
        var removals: [UTF8Text: Int64] = [:]
        for event in events {
            let facts = event.facts
            if event.type == .userRemoved {
                removals[event.aggregateID] = max(removals[event.aggregateID] ?? 0, event.sequence)
            }
            for register in facts.registers where tables.contains(facts.row.table) {
                let fact = Fact(key: facts.row, register: register)
                if let known = newest[fact], known.rank(of: register) >= event.rank(of: register) { continue }
                newest[fact] = event
            }
        }
        var lines: [String] = []
        for (fact, event) in newest {
            let isGone = event.sequence <= removals[fact.key.first] ?? 0
            for column in fact.key.table.columns(of: fact.register) {
                var value = event.value(of: column)
                if isGone, personal.contains(column.rawValue), value != .null {
                    value = column == .value ? .text("") : .null
                }
                if let line = line(fact.key, column, event.rank(of: fact.register), value) { lines.append(line) }
            }
        }
        return lines.sorted()
    }

    /// - Returns: nil for what says nothing: the origin of a fact, and the default of one that never came.
    private static func line(_ key: RowKey, _ column: Column, _ rank: Int64, _ value: FactValue) -> String? {
        if column.rawValue.hasSuffix("_origin") { return nil }
        let isDefault = value == .null || value == .integer(0)
        if rank == 0, isDefault { return nil }
        return "\(key.table.name) \(key.first) \(key.second) \(column.rawValue) \(rank) \(text(value))"
    }

    private static func text(_ value: FactValue) -> String {
        switch value {
        case .text(let text): "'\(text)'"
        case .integer(let integer): "\(integer)"
        case .null: "NULL"
        }
    }
}
