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
    /// Parameters: the key columns, then per register (in order) its rank and its columns.
    package var upsert: String {
        let columns = table.keyColumns + columns.map(\.name)
        let places = columns.indices.map { "$\($0 + 1)" }
        let newer = registers.map { "excluded.\($0.rankColumn) > \(table.name).\($0.rankColumn)" }
        return """
            INSERT INTO \(table.name) (\(columns.joined(separator: ", "))) \
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

        package var name: String { fact?.rawValue ?? register.rankColumn }
    }

    /// The columns after the key: per register, in order, its rank and then its facts.
    package var columns: [FactColumn] {
        registers.flatMap { register in
            ([nil] + table.columns(of: register)).map { fact in
                FactColumn(register: register, place: table.registers.position(of: register), fact: fact)
            }
        }
    }

    /// SQL evaluates every right-hand side against the old row, so the order does not matter.
    private var assignments: [String] {
        columns.map { column in
            if registers.count == 1 { return "\(column.name) = excluded.\(column.name)" }
            let rank = column.register.rankColumn
            return """
                \(column.name) = CASE WHEN excluded.\(rank) > \(table.name).\(rank) \
                THEN excluded.\(column.name) ELSE \(table.name).\(column.name) END
                """
        }
    }
}
