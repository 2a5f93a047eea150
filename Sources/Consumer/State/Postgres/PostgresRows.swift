import CPostgres
package import EventContract

/// Rows of a result in PostgreSQL's binary form, and of those that follow it.
package final class PostgresRows: StateRows {
    private var result: PostgresResult
    private var row: Int32 = -1
    /// Fetches the next part; nil when `result` is all.
    private let fetch: (() throws(StateError) -> PostgresResult)?

    init(_ result: PostgresResult, fetch: (() throws(StateError) -> PostgresResult)? = nil) {
        self.result = result
        self.fetch = fetch
    }

    package func step() throws(StateError) -> Bool {
        row += 1
        if row < result.rowCount { return true }
        guard let fetch, result.rowCount > 0 else { return false }
        result = try fetch()
        row = 0
        return result.rowCount > 0
    }

    package func text(_ column: Int32) -> UTF8Text { PostgresText.decode(bytes(column)) }

    package func integer(_ column: Int32) -> Int64 {
        let bytes = bytes(column)
        // Big-endian, of 1 (boolean) to 8 bytes; the first one brings the sign.
        let sign: Int64 = bytes.count > 1 && bytes[0] >= 0x80 ? -1 : 0
        return bytes.reduce(sign) { $0 << 8 | Int64($1) }
    }

    package func fact(_ column: Int32) -> FactValue {
        if PQgetisnull(result.handle, row, column) == 1 { return .null }
        let isText = PQftype(result.handle, column) == PostgresParameters.type(.text(""))
        return isText ? .text(text(column)) : .integer(integer(column))
    }

    /// The value of a column in the current row; empty for NULL.
    private func bytes(_ column: Int32) -> UnsafeBufferPointer<UInt8> {
        let start = UnsafeRawPointer(PQgetvalue(result.handle, row, column))
        let count = Int(PQgetlength(result.handle, row, column))
        return UnsafeBufferPointer(start: start?.assumingMemoryBound(to: UInt8.self), count: count)
    }
}
