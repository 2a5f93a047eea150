/// Columns for a person.
struct TextTable {
    private var rows: [[String]]
    private let right: Range<Int>

    /// - Parameter right: columns of numbers.
    init(_ titles: [String], right: Range<Int> = 0..<0) {
        rows = [titles]
        self.right = right
    }

    mutating func add(_ row: [String]) {
        assert(row.count == rows[0].count)
        rows.append(row)
    }

    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                return right.contains(column) ? blanks + cell : cell + blanks
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
