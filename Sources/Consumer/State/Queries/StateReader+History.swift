package import EventContract

extension StateReader {
    /// One page of the events that the user's facts in the state come from, its metadata's and grants' included.
    ///
    /// A fact keeps its newest event alone, so an event shows while one of its facts does. Removals are facts, so a
    /// user that was removed has a history. A page reads everything about the user, as the user's line does.
    /// - Returns: nil when the state holds nothing about such a user.
    package func history(
        of user: UTF8Text, after place: HistoryPlace?, limit: Int
    ) throws(StateError) -> Page<HistoryEntry>? {
        var history = History(user: user)
        try database.snapshot { () throws(StateError) in
            for table in [StateTable.users, .userMetadata, .userGrants] {
                let query = HistoryQuery(table)
                let rows = try database.rows(query.sql, [.text(user)], size: .small)
                while try rows.step() {
                    var row = RowReader(rows)
                    history.add(&row, of: query)
                }
            }
        }
        return history.entries.isEmpty ? nil : history.page(after: place, limit: limit)
    }
}

/// Reads ranks and origins of one table's facts about a user.
private struct HistoryQuery {
    let table: StateTable
    let registers: [Register]
    let sql: String

    /// Second key; whether a metadata entry is removed; per register its rank, origin, and time where it has one.
    init(_ table: StateTable) {
        self.table = table
        registers = table.registers.filter { $0.origin != nil }
        let columns = registers.flatMap { register in
            [register.rankColumn, register.origin?.rawValue ?? "0", Self.timeColumn(of: register, in: table)]
        }
        let second = table.hasSecondKey ? table.keyColumns[1] : "''"
        let isRemoved = table == .userMetadata ? "CASE WHEN value IS NULL THEN 1 ELSE 0 END" : "0"
        sql = """
            SELECT \(second), \(isRemoved), \(columns.joined(separator: ", ")) FROM \(table.name) \
            WHERE \(table.keyColumns[0]) = $1
            """
    }

    /// Kept for the rules of access, and known of facts without an origin too.
    private static func timeColumn(of register: Register, in table: StateTable) -> String {
        switch (register, table) {
        case (.created, .users), (.created, .userGrants): "created_time"
        case (.removed, .users): "removed_time"
        case (.roleKeys, .userGrants): "role_keys_time"
        default: "0"
        }
    }
}

/// Facts about one user, gathered by their events.
private struct History {
    let user: UTF8Text
    private(set) var entries: [UTF8Text: HistoryEntry] = [:]

    init(user: UTF8Text) { self.user = user }

    mutating func add(_ row: inout RowReader, of query: HistoryQuery) {
        let (second, isRemoved) = (row.text(), row.flag())
        let aggregate = query.table == .userGrants ? "usergrant/\(second)/" : "user/\(user)/"
        var birth: (rank: Int64, origin: FactOrigin?) = (0, nil)
        for register in query.registers {
            let (rank, stored, time) = (row.integer(), row.integer(), row.integer())
            var origin = FactOrigin(stored: stored)
            if origin == nil, time != 0 { origin = FactOrigin(time: time, path: nil) }
            if register == .created { birth = (rank, origin) }
            if rank == 0 { continue }
            if stored == 0, rank == birth.rank { origin = birth.origin }
            let event = UTF8Text("\(aggregate)\(rank)")
            var entry = entries[event] ?? HistoryEntry(event: event)
            // Of one event, all that is known of it.
            if entry.path == nil, let origin { (entry.time, entry.path) = (origin.time, origin.path) }
            entry.facts.append(isRemoved ? "metadataRemoved" : register.historyName)
            if register == .value { entry.metadataKey = second }
            entries[event] = entry
        }
    }

    func page(after place: HistoryPlace?, limit: Int) -> Page<HistoryEntry> {
        let sorted = entries.values.sorted { $0.place < $1.place }
        let rest = sorted.drop { entry in place.map { entry.place <= $0 } ?? false }
        let elements = Array(rest.prefix(limit))
        return Page(elements: elements, next: rest.count > limit ? elements.last?.place.text : nil)
    }
}
