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
        let columns = table.keyColumns + factColumns
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
            SELECT \(factColumns.joined(separator: ", ")) FROM \(table.name) \
            WHERE \(condition.joined(separator: " AND "))
            """
    }

    private var factColumns: [String] {
        registers.flatMap { register in
            [register.rankColumn] + table.columns(of: register).map(\.rawValue)
        }
    }

    private var assignments: [String] {
        registers.flatMap { register in
            // The rank comes last for the reader; SQL evaluates every assignment against the old row.
            (table.columns(of: register).map(\.rawValue) + [register.rankColumn]).map { column in
                registers.count == 1
                    ? "\(column) = excluded.\(column)"
                    : """
                    \(column) = CASE WHEN excluded.\(register.rankColumn) > \(table.name).\(register.rankColumn) \
                    THEN excluded.\(column) ELSE \(table.name).\(column) END
                    """
            }
        }
    }
}
