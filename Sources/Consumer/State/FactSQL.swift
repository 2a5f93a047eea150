/// The statements that read and write facts; the same text for SQLite and PostgreSQL.
///
/// A statement is made for a set of registers, because most events set one or two of a user's eighteen.
package struct FactSQL {
    package let table: StateTable
    package let registers: RegisterSet

    package init(_ table: StateTable, _ registers: RegisterSet) {
        self.table = table
        self.registers = registers
    }

    /// Inserts the row or raises its registers; changes no row when none of them is newer.
    ///
    /// Afterwards no personal value is at or below the user's removal, be it the row's or the batch's. The caller sees
    /// to the values that come together with the removal.
    ///
    /// Parameters: the key columns, then per register (in order) its rank and its columns.
    package var upsert: String {
        let keys = table.keyColumns.indices.map { "$\($0 + 1)" }
        let places = keys + columns.enumerated().map { place(of: $0.element, at: keys.count + $0.offset + 1) }
        let names = table.keyColumns + columns.map(\.name)
        let newer = registers.map { "excluded.\($0.rankColumn) > \(table.name).\($0.rankColumn)" }
        return """
            INSERT INTO \(table.name) (\(names.joined(separator: ", "))) \
            VALUES (\(places.joined(separator: ", "))) \
            ON CONFLICT (\(table.keyColumns.joined(separator: ", "))) \
            DO UPDATE SET \(assignments.joined(separator: ", ")) \
            WHERE \(newer.joined(separator: " OR "))
            """
    }

    /// Reads the same columns of one row, in the same order but without the key.
    package var select: String {
        let condition = table.keyColumns.enumerated().map { "\($0.element) = $\($0.offset + 1)" }
        return """
            SELECT \(columns.map(\.name).joined(separator: ", ")) FROM \(table.name) \
            WHERE \(condition.joined(separator: " AND "))
            """
    }

    /// A column of a register: its rank, or one that holds the fact.
    package struct FactColumn {
        package let register: Register
        /// The register's place among those of the table.
        package let place: Int
        /// nil for the rank.
        package let fact: Column?
        /// Whether the user's removal empties it.
        let isPersonal: Bool

        package var name: String { fact?.rawValue ?? register.rankColumn }
    }

    /// The columns after the key: per register, in order, its rank and then its facts.
    package var columns: [FactColumn] {
        registers.flatMap { register in
            ([nil] + table.columns(of: register)).map { fact in
                FactColumn(
                    register: register, place: table.registers.position(of: register), fact: fact,
                    isPersonal: fact.map(table.isPersonal) ?? false)
            }
        }
    }

    /// The parameter with the number, or what is stored in its place: the user's removal stands in another row. NULL is
    /// a removed entry's, and nothing to hide.
    private func place(of column: FactColumn, at number: Int) -> String {
        guard table == .userMetadata, column.isPersonal else { return "$\(number)" }
        return """
            CASE WHEN CAST($\(number) AS TEXT) IS NULL \
            OR $\(number - 1) > COALESCE((SELECT removed_seq FROM users WHERE id = $1), 0) \
            THEN $\(number) ELSE '' END
            """
    }

    /// SQL evaluates every right-hand side against the old row, so the order does not matter.
    private var assignments: [String] {
        let newest = columns.map { column in
            let delivered = fact(column, of: "excluded", beside: table.name)
            if registers.count == 1 { return "\(column.name) = \(delivered)" }
            let rank = column.register.rankColumn
            return """
                \(column.name) = CASE WHEN excluded.\(rank) > \(table.name).\(rank) \
                THEN \(delivered) ELSE \(fact(column, of: table.name, beside: "excluded")) END
                """
        }
        guard table == .users, registers.contains(.removed) else { return newest }
        let others = FactSQL(table, table.registers.subtracting(registers)).columns.filter(\.isPersonal)
        return newest + others.map { "\($0.name) = \(fact($0, of: table.name, beside: "excluded"))" }
    }

    /// The column of one of the two rows, NULL where the other one has removed the user since.
    ///
    /// `excluded` has the default for a column that is not inserted: no removal.
    private func fact(_ column: FactColumn, of row: String, beside other: String) -> String {
        let value = "\(row).\(column.name)"
        guard table == .users, column.isPersonal else { return value }
        return "CASE WHEN \(row).\(column.register.rankColumn) > \(other).removed_seq THEN \(value) END"
    }
}
