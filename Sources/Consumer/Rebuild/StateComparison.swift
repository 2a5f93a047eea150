import EventContract

/// What two states hold differently, table by table and row by row.
///
/// Rows are compared as they are stored, ranks included: the state is made so that the same records end in the same
/// rows. So nothing hides that a query does not show today. Left out are the origins of facts, which depend on the
/// delivery that came first. Holds one row of each state at a time.
package struct StateComparison: Sendable {
    package struct Table: Equatable, Sendable {
        package let table: StateTable
        package fileprivate(set) var liveRows = 0
        package fileprivate(set) var rebuiltRows = 0
        /// Rows that are in one of the states only, or not the same in both.
        package fileprivate(set) var different = 0
    }

    /// A row that differs: its key, and what differs. Never a value: these are people's data.
    package struct Difference: Equatable, Sendable {
        package enum Kind: Equatable, Sendable {
            case onlyInLive
            case onlyInRebuilt
            /// Names of columns.
            case columns([String])
        }

        package let key: RowKey
        package let kind: Kind

        package init(key: RowKey, kind: Kind) {
            self.key = key
            self.kind = kind
        }
    }

    /// Differences that are kept; all are counted.
    package static let differencesMax = 20

    package private(set) var tables: [Table] = []
    /// The first ones, in the order of the tables and keys.
    package private(set) var differences: [Difference] = []

    package var differentRows: Int { tables.reduce(0) { $0 + $1.different } }

    /// - Parameter live: nil when there is no live state; then nothing differs.
    package init(live: StateReader?, rebuilt: StateReader) throws(StateError) {
        try rebuilt.database.snapshot { () throws(StateError) in
            guard let live else {
                for table in StateTable.allCases { try count(table, in: rebuilt) }
                return
            }
            try live.database.snapshot { () throws(StateError) in
                for table in StateTable.allCases { try compare(table, live.database, rebuilt.database) }
            }
        }
    }

    private mutating func count(_ table: StateTable, in state: StateReader) throws(StateError) {
        var rows = try KeyedRows(table, state.database)
        var result = Table(table: table)
        while rows.key != nil {
            result.rebuiltRows += 1
            try rows.advance()
        }
        tables.append(result)
    }

    private mutating func compare(
        _ table: StateTable, _ live: any StateDatabase, _ rebuilt: any StateDatabase
    ) throws(StateError) {
        var (live, rebuilt) = (try KeyedRows(table, live), try KeyedRows(table, rebuilt))
        var result = Table(table: table)
        while let difference = try Self.next(&live, &rebuilt, &result) {
            result.different += 1
            if differences.count < Self.differencesMax { differences.append(difference) }
        }
        tables.append(result)
    }

    /// The next row that differs; nil when there is none any more.
    private static func next(
        _ live: inout KeyedRows, _ rebuilt: inout KeyedRows, _ table: inout Table
    ) throws(StateError) -> Difference? {
        while let key = [live.key, rebuilt.key].compactMap({ $0 }).min() {
            let (isInLive, isInRebuilt) = (live.key == key, rebuilt.key == key)
            let columns = isInLive && isInRebuilt ? live.differingColumns(rebuilt) : []
            if isInLive {
                table.liveRows += 1
                try live.advance()
            }
            if isInRebuilt {
                table.rebuiltRows += 1
                try rebuilt.advance()
            }
            if !isInRebuilt { return Difference(key: key, kind: .onlyInLive) }
            if !isInLive { return Difference(key: key, kind: .onlyInRebuilt) }
            if !columns.isEmpty { return Difference(key: key, kind: .columns(columns)) }
        }
        return nil
    }
}

/// All rows of a table, sorted by key.
private struct KeyedRows {
    private let table: StateTable
    private let columns: [String]
    private let rows: any StateRows
    /// Of the current row; nil after the last one.
    private(set) var key: RowKey?

    init(_ table: StateTable, _ database: any StateDatabase) throws(StateError) {
        self.table = table
        columns = FactSQL(table, table.registers).columns.filter { $0.fact?.isOrigin != true }.map(\.name)
        let keys = table.keyColumns.joined(separator: ", ")
        rows = try database.rows(
            "SELECT \(keys), \(columns.joined(separator: ", ")) FROM \(table.name) ORDER BY \(keys)", [], size: .large)
        try advance()
    }

    mutating func advance() throws(StateError) {
        guard try rows.step() else {
            key = nil
            return
        }
        key = RowKey(table, rows.text(0), table.hasSecondKey ? rows.text(1) : nil)
    }

    func differingColumns(_ other: KeyedRows) -> [String] {
        let first = Int32(table.keyColumns.count)
        return columns.enumerated().filter { index, _ in
            rows.fact(first + Int32(index)) != other.rows.fact(first + Int32(index))
        }.map(\.element)
    }
}
